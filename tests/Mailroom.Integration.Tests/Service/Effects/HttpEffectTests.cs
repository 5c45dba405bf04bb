using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>The settings of the internal listener, seen on a service that runs.</summary>
[Collection(AloneCollection.Name)]
public sealed class HttpEffectTests
{
    private const string Path = "/api/v1/internal/deliveries/does-not-exist";
    private const string Request = $"GET {Path} HTTP/1.1\r\nHost: x\r\n";

    /// <summary>Variables, what is sent on a connection, and the default below which the connection has to end.</summary>
    public static TheoryData<string, string, int> Slow => new()
    {
        { "MAIL_INTERNAL_HTTP_READ_HEADER_TIMEOUT=50ms", Request, 2_000 },
        { "MAIL_INTERNAL_HTTP_READ_HEADER_TIMEOUT=50ms MAIL_INTERNAL_HTTP_READ_TIMEOUT=50ms", Request + "Content-Length: 10\r\n\r\n", 10_000 },
        { "MAIL_INTERNAL_HTTP_IDLE_TIMEOUT=50ms", Request + "\r\n", 60_000 },
    };

    [Theory]
    [MemberData(nameof(Slow))]
    [Trait("Requirement", "D04")]
    [Trait("Requirement", "D25")]
    public async Task A_slow_caller_is_cut_off_at_the_time_that_is_set(string settings, string sent, int usualMilliseconds)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, Pairs(settings));
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, service.Internal.Port);

        var since = Stopwatch.GetTimestamp();
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(sent));
        await Deadline.In().Wait(Ended(socket), "the connection to be ended");

        Stopwatch.GetElapsedTime(since).TotalMilliseconds.ShouldBeLessThan(usualMilliseconds);
    }

    [Fact]
    [Trait("Requirement", "D25")]
    public async Task The_internal_listener_is_where_it_is_set_to_be()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        var port = LoopbackPort.Free();
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, ("MAIL_INTERNAL_HTTP_ADDR", $"127.0.0.1:{port}"));

        using var http = new HttpClient();
        (await http.GetAsync(new Uri($"http://127.0.0.1:{port}{Path}"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        service.Internal.Port.ShouldBe(port);
    }

    [Fact]
    [Trait("Requirement", "D29")]
    public async Task An_operators_request_is_given_up_at_the_time_that_is_set()
    {
        await using var database = await TestPostgres.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var service = await RunningMailroom.Start(
            store, smtpPort: 25, ("MAILROOM_STORE", "postgres"), ("MAIL_POSTGRES_PRIMARY_DSN", database.ConnectionString), ("MAILROOM_SQLITE_PATH", ""),
            ("MAIL_POSTGRES_OPERATION_TIMEOUT", "1m"), ("MAIL_OPERATOR_REQUEST_TIMEOUT", "100ms"));
        await using var held = await HeldTable.Lock(database, "mail.deliveries");

        using var http = new HttpClient();
        var since = Stopwatch.GetTimestamp();
        using var response = await http.GetAsync(new Uri(service.Internal, Path));

        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        await held.Release();
    }

    /// <summary>Reads to the end of the stream; a reset is one too, where something was still to be read.</summary>
    private static async Task Ended(TcpClient socket)
    {
        var rest = new byte[4096];
        try
        {
            while (await socket.GetStream().ReadAsync(rest) > 0)
            {
            }
        }
        catch (IOException reset) when (reset.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return;
        }
    }

    private static IEnumerable<(string Name, string Value)> Pairs(string settings) =>
        settings.Split(' ').Select(pair => pair.Split('=')).Select(pair => (pair[0], pair[1]));
}
