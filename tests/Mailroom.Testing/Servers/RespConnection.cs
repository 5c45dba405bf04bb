using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Testing;

/// <summary>A connection to Redis that shares nothing with the client under test: writes commands in one go and reads a reply of one line for each.</summary>
public sealed class RespConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly StreamReader _replies;

    private RespConnection(TcpClient client) => (_client, _replies) = (client, new(client.GetStream(), Encoding.UTF8));

    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <exception cref="IOException">The server is gone, or refuses.</exception>
    public static async Task<RespConnection> Open(TestRedis redis)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync("127.0.0.1", redis.Port).ConfigureAwait(false);
            var connection = new RespConnection(client);
            await connection.Run([["AUTH", redis.Password]]).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>The replies, of which each is a status, a number or a string without line ends.</summary>
    /// <exception cref="IOException">The server is gone or answered with an error: any number of the commands may have run.</exception>
    public async Task<string[]> Run(IReadOnlyList<string[]> commands)
    {
        var written = new StringBuilder();
        foreach (var command in commands)
        {
            Append(written, '*', command.Length);
            foreach (var argument in command)
            {
                Append(written, '$', Encoding.UTF8.GetByteCount(argument));
                written.Append(argument).Append("\r\n");
            }
        }

        await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(written.ToString())).ConfigureAwait(false);
        var replies = new string[commands.Count];
        for (var index = 0; index < replies.Length; index++)
        {
            replies[index] = await Reply().ConfigureAwait(false);
        }

        return replies;
    }

    public void Dispose() => _client.Dispose();

    private async Task<string> Reply()
    {
        var line = await Line().ConfigureAwait(false);
        return line[0] switch
        {
            '+' or ':' => line[1..],
            '$' => await Line().ConfigureAwait(false),
            _ => throw new IOException($"Redis answered {line}"),
        };
    }

    private async Task<string> Line() => await _replies.ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } line ? line : throw new IOException("Redis has closed the connection.");

    private static void Append(StringBuilder written, char kind, int count) => written.Append(CultureInfo.InvariantCulture, $"{kind}{count}\r\n");
}
