using System.Net;
using System.Net.Sockets;
using System.Text;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

/// <summary>A client that sends the octets it is given, in the pieces it is given, and reads replies line by line.</summary>
internal sealed class RawSmtp : IDisposable
{
    private readonly Socket socket;
    private readonly StreamReader replies;

    private RawSmtp(Socket socket)
    {
        this.socket = socket;
        replies = new StreamReader(new NetworkStream(socket, ownsSocket: false), Encoding.UTF8);
    }

    public static async Task<RawSmtp> Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await Deadline.In().Wait(socket.ConnectAsync(IPAddress.Loopback, port), "a connection");
        return new RawSmtp(socket);
    }

    /// <summary>One with greeting and EHLO behind it.</summary>
    public static async Task<RawSmtp> Introduced(int port)
    {
        var client = await Connect(port);
        (await client.Line()).ShouldStartWith("220 ");
        await client.Send("EHLO test\r\n");
        while ((await client.Line()).StartsWith("250-", StringComparison.Ordinal))
        {
        }

        return client;
    }

    public static string Envelope(string to = "b@example.test") => $"MAIL FROM:<a@mailroom.test>\r\nRCPT TO:<{to}>\r\nDATA\r\n";

    public static string Mail(string id) => $"Subject: test\r\nMessage-ID: <{id}>\r\n\r\nHello\r\n.\r\n";

    public async Task Send(string text)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        for (var sent = 0; sent < octets.Length;)
        {
            sent += await socket.SendAsync(octets.AsMemory(sent));
        }
    }

    /// <summary>The next line of a reply; empty when the server has closed.</summary>
    public async Task<string> Line() => await Deadline.In().Wait(replies.ReadLineAsync(), "a reply") ?? "";

    /// <summary>The reply codes of the next lines.</summary>
    public async Task<string> Codes(int count)
    {
        var codes = new List<string>();
        for (var i = 0; i < count; i++)
        {
            codes.Add((await Line())[..3]);
        }

        return string.Join(' ', codes);
    }

    public void Dispose()
    {
        replies.Dispose();
        socket.Dispose();
    }
}
