using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Testing;

/// <summary>
/// A port of 127.0.0.1 in front of a server, whose connections a test may hold or cut. What is held stays in place on both sides, as with a
/// peer that stands still; what is held when the wire is cut is lost.
/// </summary>
public sealed class Wire : IAsyncDisposable
{
    private const int Piece = 64 << 10;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, bool> _open = new();
    private readonly int _target;
    private readonly Task _accepting;
    private byte[]? _word;
    private TaskCompletionSource _asks = Done();
    private TaskCompletionSource _answers = Done();

    private Wire(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = Accept();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>To a port of this machine.</summary>
    public static Wire To(int port) => new(port);

    /// <summary>Nothing passes any more, in either direction.</summary>
    public void Hold()
    {
        Volatile.Write(ref _asks, new(TaskCreationOptions.RunContinuationsAsynchronously));
        HoldAnswers();
    }

    /// <summary>What the server says does not come back any more; what it is asked still gets there.</summary>
    public void HoldAnswers() => Volatile.Write(ref _answers, new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>As <see cref="HoldAnswers"/>, from the moment on in which somebody asks for something with this in it.</summary>
    public void HoldAnswersTo(string word) => Volatile.Write(ref _word, Encoding.ASCII.GetBytes(word));

    /// <summary>What was held passes now, where its connection still stands.</summary>
    public void LetPass()
    {
        Volatile.Read(ref _asks).TrySetResult();
        Volatile.Read(ref _answers).TrySetResult();
    }

    /// <summary>Closes every connection, with what is held on it. Later ones pass.</summary>
    public void Cut()
    {
        foreach (var socket in _open.Keys)
        {
            Close(socket);
        }

        LetPass();
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync().ConfigureAwait(false);
            _ = Join(client);
        }
    }

    private async Task Join(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var near = client;
        near.NoDelay = true;
        (_open[near], _open[server]) = (true, true);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target).ConfigureAwait(false);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Nobody listens there at present, or the test cut it: the client finds its connection closed.
            Close(near);
            return;
        }

        await Task.WhenAll(Pass(near, server, () => Volatile.Read(ref _asks)), Pass(server, near, () => Volatile.Read(ref _answers))).ConfigureAwait(false);
    }

    private async Task Pass(Socket from, Socket to, Func<TaskCompletionSource> gate)
    {
        var piece = new byte[Piece];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(piece).ConfigureAwait(false)) > 0)
            {
                await gate().Task.ConfigureAwait(false);
                Look(piece.AsSpan(0, read));
                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(piece.AsMemory(sent, read - sent)).ConfigureAwait(false);
                }
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Either side went, or the test cut it.
            Close(from);
        }

        // The end does not pass either while the wire is held.
        await gate().Task.ConfigureAwait(false);
        Close(from);
        Close(to);
    }

    private void Look(ReadOnlySpan<byte> piece)
    {
        if (Volatile.Read(ref _word) is { } word && piece.IndexOf(word) >= 0)
        {
            HoldAnswers();
            Volatile.Write(ref _word, null);
        }
    }

    private void Close(Socket socket)
    {
        _open.TryRemove(socket, out _);
        socket.Dispose();
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
