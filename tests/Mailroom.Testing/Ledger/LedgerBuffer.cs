using System.Net.Sockets;

namespace Mailroom.Testing;

/// <summary>The octets received and not yet taken, in one piece. Grows with the largest mail and shrinks after it.</summary>
internal sealed class LedgerBuffer
{
    private const int Small = 64 * 1024;

    private byte[] octets = new byte[Small];
    private int start;
    private int end;

    /// <summary>Valid until the next <see cref="Receive"/>.</summary>
    public ReadOnlySpan<byte> Unread => octets.AsSpan(start, end - start);

    public void Take(int length) => start += length;

    /// <returns>False when the other side has closed.</returns>
    public async ValueTask<bool> Receive(Socket socket, CancellationToken stop)
    {
        MakeRoom();
        var read = await socket.ReceiveAsync(octets.AsMemory(end), stop).ConfigureAwait(false);
        end += read;
        return read > 0;
    }

    /// <summary>Moves what is left to the front, and doubles the buffer when one mail fills it.</summary>
    private void MakeRoom()
    {
        var left = end - start;
        if (left == 0 && octets.Length > Small)
        {
            octets = new byte[Small];
        }
        else if (left == octets.Length)
        {
            Array.Resize(ref octets, octets.Length * 2);
        }
        else if (start > 0)
        {
            Unread.CopyTo(octets);
        }

        start = 0;
        end = left;
    }
}
