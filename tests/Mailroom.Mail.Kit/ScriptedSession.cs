using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Mailroom.Mail.Kit;

/// <summary>One connection as the scripted server sees it. Latin-1 text stands for octets.</summary>
public class ScriptedSession(Socket socket) : IAsyncDisposable
{
    public const string PipeliningEhlo = "250-test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 1000000\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n";
    public const string Envelope = "MAIL FROM:<a@example.com> SIZE=#\r\nRCPT TO:<b@example.com>\r\nDATA\r\n";

    private readonly CancellationTokenSource _patience = new(ScriptedServer.Patience);
    private Stream _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>All that is sent goes one octet at a time.</summary>
    public bool Drips { get; set; }

    public virtual Task SendAsync(string text) => Drips ? DripAsync(text) : WriteAsync(text);

    protected Task WriteAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text), _patience.Token).AsTask();

    /// <summary>Sends one octet at a time, each in a packet of its own as far as TCP lets us say so.</summary>
    public async Task DripAsync(string text)
    {
        foreach (var c in text)
        {
            await WriteAsync(c.ToString());
            await Task.Yield();
        }
    }

    /// <summary>Sends and closes the sending side in one packet, so that whoever has read the text finds the end behind it.</summary>
    public virtual async Task SendAndFinishAsync(string text)
    {
        const int tcp = 6;
        const int cork = 3;
        socket.NoDelay = false;
        socket.SetRawSocketOption(tcp, cork, BitConverter.GetBytes(1));
        await WriteAsync(text);
        socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Fails where the client has said something before it was its turn.</summary>
    public void ShouldBeQuiet() => socket.Available.ShouldBe(0, "the client must wait for the reply to each command");

    /// <summary>Reads exactly the octets of <paramref name="expected"/>; a <c>#</c> in it stands for one or more digits.</summary>
    public virtual async Task ExpectAsync(string expected)
    {
        var seen = new StringBuilder();
        foreach (var line in expected.Split("\r\n")[..^1])
        {
            seen.Clear();
            while (!seen.ToString().EndsWith("\r\n", StringComparison.Ordinal))
            {
                seen.Append(await ReadOneAsync() ?? throw new EndOfStreamException($"Expected '{line}', the client closed after '{seen}'."));
            }
            seen.ToString().ShouldMatch(PatternOf(line));
        }
    }

    protected static string PatternOf(string line) => "^" + Regex.Escape(line).Replace("\\#", "[0-9]+", StringComparison.Ordinal) + "\r\n$";

    /// <summary>Reads up to and with the final dot and gives what stood before its line.</summary>
    public virtual async Task<string> ReadMessageAsync()
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

    /// <summary>
    /// Takes mails as a plain server does, command by command, until the client says QUIT or closes; gives their number.
    /// With <paramref name="resets"/> the first of them must be begun with RSET, else none may be.
    /// </summary>
    public async Task<int> ServeAsync(bool resets = false, int atMost = int.MaxValue)
    {
        var mails = 0;
        while (mails < atMost && await ReadLineAsync() is { } line && line != "QUIT\r\n")
        {
            (line == "RSET\r\n").ShouldBe(resets && mails == 0, $"RSET belongs after a transaction that failed and nowhere else, not: {line}");
            if (line == "RSET\r\n")
            {
                await SendAsync("250 flushed\r\n");
                line = await ReadLineAsync();
            }
            line.ShouldStartWith("MAIL FROM:<");
            do
            {
                await SendAsync("250 ok\r\n");
                line = await ReadLineAsync();
            }
            while (line?.StartsWith("RCPT TO:<", StringComparison.Ordinal) == true);
            line.ShouldBe("DATA\r\n");
            await SendAsync("354 go\r\n");
            await ReadMessageAsync();
            await SendAsync("250 taken\r\n");
            mails++;
        }
        if (mails < atMost)
        {
            await TrySendAsync("221 bye\r\n");
        }
        return mails;
    }

    /// <summary>Sends to a client that may be gone.</summary>
    public async Task TrySendAsync(string text)
    {
        try
        {
            await SendAsync(text);
        }
        catch (IOException)
        {
            // The client has closed: nobody is left to hear it.
            return;
        }
    }

    /// <summary>A line with its end; null: the client has closed.</summary>
    public virtual async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (line.Length < 2 || line[^1] != '\n')
        {
            if (await ReadOneAsync() is not { } octet)
            {
                return null;
            }
            line.Append(octet);
        }
        return line.ToString();
    }

    /// <summary>Waits until the client has closed, and fails if it says more; QUIT is answered.</summary>
    public virtual async Task UntilClosedAsync(bool quit = false)
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

    /// <summary>Says close_notify (RFC 8446 section 6.1) and leaves the connection open.</summary>
    public Task CloseNotifyAsync() => ((SslStream)_stream).ShutdownAsync();

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
    protected async Task<int> ReadSomeAsync(byte[] buffer)
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
        GC.SuppressFinalize(this);
    }
}
