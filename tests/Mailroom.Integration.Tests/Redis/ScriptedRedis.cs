using System.Net;
using System.Net.Sockets;
using System.Text;
using Mailroom.Data.Redis;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>
/// A server that answers each command as a test says: null is no answer, anything else is written as it is. It answers the handshake of a
/// healthy Redis 7 master unless the script does.
/// </summary>
internal sealed class ScriptedRedis : IAsyncDisposable
{
    /// <summary>An answer that closes the connection.</summary>
    public const string HangUp = "(hang up)";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<string[], string?> _script;
    private readonly List<Task> _connections = [];
    private readonly List<string[]> _seen = [];
    private readonly Task _accepting;

    /// <param name="script">Gives the answer to a command's words. An empty text: the handshake's usual answer, or +OK.</param>
    public ScriptedRedis(Func<string[], string?> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The commands that came, in their order over all connections.</summary>
    public IReadOnlyList<string[]> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await Task.WhenAll([_accepting, .. _connections]);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            var decoder = new RespDecoder(new());
            var buffer = new byte[4096];
            var stream = connection.GetStream();
            try
            {
                int read;
                while ((read = await stream.ReadAsync(buffer, _stopping.Token)) > 0)
                {
                    foreach (var command in Commands(decoder, buffer.AsMemory(0, read)))
                    {
                        var answer = Answer(command);
                        if (answer == HangUp)
                        {
                            return;
                        }

                        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer ?? ""), _stopping.Token);
                    }
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                return;
            }
        }
    }

    private static List<string[]> Commands(RespDecoder decoder, ReadOnlyMemory<byte> bytes)
    {
        var commands = new List<string[]>();
        var left = bytes.Span;
        while (decoder.TryRead(ref left, out var command))
        {
            var words = new List<string>();
            foreach (var word in command.Items)
            {
                words.Add(word.Text!);
            }

            commands.Add([.. words]);
        }

        return commands;
    }

    private string? Answer(string[] command)
    {
        lock (_seen)
        {
            _seen.Add(command);
        }

        return _script(command) is not "" and var answer ? answer
            : command[0] switch
            {
                "HELLO" => "%1\r\n+proto\r\n:3\r\n",
                "ROLE" => "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n",
                "PING" => "+PONG\r\n",
                _ => "+OK\r\n",
            };
    }
}
