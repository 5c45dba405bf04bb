using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Benchmarks.Service;

/// <summary>A load of one and the same POST over keep-alive connections, one request at a time on each, as cheap as it can be made.</summary>
internal sealed class HttpLoad(IPEndPoint server, string path, string key, byte[] body)
{
    private readonly byte[] _request =
    [
        .. Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {server}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"),
        .. body,
    ];

    /// <summary>Sends <paramref name="count"/> requests and returns each one's microseconds. Anything but 202 ends the run.</summary>
    public async Task<int[]> RunAsync(int count, int connections)
    {
        var left = count;
        var all = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server);
            var answer = new byte[16 * 1024];
            var latencies = new List<int>(count / connections + 1);
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var since = Stopwatch.GetTimestamp();
                await socket.SendAsync(_request);
                await AnswerAsync(socket, answer);
                latencies.Add((int)Stopwatch.GetElapsedTime(since).TotalMicroseconds);
            }

            return latencies;
        })));
        var latencies = all.SelectMany(mine => mine).ToArray();
        Array.Sort(latencies);
        return latencies;
    }

    private static async ValueTask AnswerAsync(Socket socket, byte[] answer)
    {
        var filled = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(answer.AsMemory(filled));
            filled += read;
            if (read == 0 || Complete(answer.AsSpan(0, filled)))
            {
                break;
            }
        }

        if (!answer.AsSpan(0, filled).StartsWith("HTTP/1.1 202"u8))
        {
            throw new InvalidOperationException("Not accepted: " + Encoding.UTF8.GetString(answer, 0, filled));
        }
    }

    private static bool Complete(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var field = answer[..end].IndexOf("Content-Length: "u8);
        return field >= 0
            && System.Buffers.Text.Utf8Parser.TryParse(answer[(field + 16)..], out int length, out _)
            && answer.Length >= end + 4 + length;
    }
}
