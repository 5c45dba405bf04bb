using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Mailroom.Mail.Tests.Smtp;

/// <summary>One connection as the scripted server sees it. Latin-1 text stands for octets.</summary>
internal sealed class ScriptedSession(Socket socket) : IAsyncDisposable
{
    public const string PipeliningEhlo = "250-test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 1000000\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n";
    public const string Envelope = "MAIL FROM:<a@example.com> SIZE=#\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";

    private readonly CancellationTokenSource _patience = new(ScriptedServer.Patience);
    private Stream _stream = new NetworkStream(socket, ownsSocket: true);

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text), _patience.Token).AsTask();

    /// <summary>Sends one octet at a time, each in a packet of its own as far as TCP lets us say so.</summary>
    public async Task DripAsync(string text)
    {
        foreach (var c in text)
        {
            await SendAsync(c.ToString());
            await Task.Yield();
        }
    }

    /// <summary>Reads exactly the octets of <paramref name="expected"/>; a <c>#</c> in it stands for one or more digits.</summary>
    public async Task ExpectAsync(string expected)
    {
        var seen = new StringBuilder();
        foreach (var line in expected.Split("\r\n")[..^1])
        {
            seen.Clear();
            while (!seen.ToString().EndsWith("\r\n", StringComparison.Ordinal))
            {
                seen.Append(await ReadOneAsync() ?? throw new EndOfStreamException($"Expected '{line}', the client closed after '{seen}'."));
            }
            var pattern = "^" + System.Text.RegularExpressions.Regex.Escape(line).Replace("\\#", "[0-9]+", StringComparison.Ordinal) + "\r\n$";
            seen.ToString().ShouldMatch(pattern);
        }
    }

    /// <summary>Reads up to and with the final dot and gives what stood before its line.</summary>
    public async Task<string> ReadMessageAsync()
    {
        var seen = new StringBuilder("\r\n");
        var buffer = new byte[64 * 1024];
        while (!(seen.Length >= 5 && seen.ToString(seen.Length - 5, 5) == "\r\n.\r\n"))
        {
            var read = await ReadSomeAsync(buffer);
            seen.Append(read > 0 ? Encoding.Latin1.GetString(buffer, 0, read) : throw new EndOfStreamException("The client closed before the final dot."));
        }
        return seen.ToString(2, seen.Length - 5);
    }

    public async Task<string> ReadAsync(int octets)
    {
        var buffer = new byte[octets];
        await _stream.ReadExactlyAsync(buffer, _patience.Token);
        return Encoding.Latin1.GetString(buffer);
    }

    public async Task GreetAsync(string ehlo = PipeliningEhlo)
    {
        await SendAsync("220 test ready\r\n");
        await ExpectAsync("EHLO client.test\r\n");
        await SendAsync(ehlo);
    }

    /// <summary>A whole mail that is taken.</summary>
    public async Task<string> TakeMailAsync()
    {
        await ExpectAsync(Envelope);
        await SendAsync("250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n");
        var message = await ReadMessageAsync();
        await SendAsync("250 2.0.0 taken\r\n");
        return message;
    }

    /// <summary>Takes a mail unless the client says QUIT, which is answered.</summary>
    public async Task<bool> TryTakeMailAsync()
    {
        var first = await ReadAsync(4);
        if (first == "QUIT")
        {
            await ExpectAsync("\r\n");
            await SendAsync("221 bye\r\n");
            return false;
        }
        await ExpectAsync(Envelope[4..]);
        await SendAsync("250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n");
        await ReadMessageAsync();
        await SendAsync("250 2.0.0 taken\r\n");
        return true;
    }

    /// <summary>Waits until the client has closed, and fails if it says more; QUIT is answered.</summary>
    public async Task UntilClosedAsync(bool quit = false)
    {
        if (quit)
        {
            await ExpectAsync("QUIT\r\n");
            await SendAsync("221 bye\r\n");
        }
        (await ReadOneAsync()).ShouldBeNull("the client should have closed without a further word");
    }

    /// <summary>Reads and forgets until the client has closed.</summary>
    public async Task DrainAsync()
    {
        var buffer = new byte[64 * 1024];
        while (await ReadSomeAsync(buffer) > 0)
        {
            _patience.Token.ThrowIfCancellationRequested();
        }
    }

    public async Task StartTlsAsync(X509Certificate2 certificate, SslProtocols protocols = SslProtocols.None)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = certificate, EnabledSslProtocols = protocols }, _patience.Token);
    }

    public ValueTask CloseAsync() => _stream.DisposeAsync();

    /// <summary>Closes with RST.</summary>
    public async ValueTask ResetAsync()
    {
        socket.LingerState = new LingerOption(true, 0);
        await CloseAsync();
    }

    private async Task<char?> ReadOneAsync()
    {
        // Not one octet ahead of the script: what it leaves unread decides between FIN and RST.
        var one = new byte[1];
        return await ReadSomeAsync(one) == 0 ? null : (char)one[0];
    }

    /// <summary>0: the client has closed, in whatever way.</summary>
    private async Task<int> ReadSomeAsync(byte[] buffer)
    {
        try
        {
            return await _stream.ReadAsync(buffer, _patience.Token);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _patience.Dispose();
    }
}
