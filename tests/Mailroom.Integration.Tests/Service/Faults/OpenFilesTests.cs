using System.Net;
using System.Net.Sockets;
using Mailroom.Host.Running;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>The file descriptors of a process that may have few.</summary>
public sealed class OpenFilesTests
{
    private const string Allowed = "600";
    private const int Callers = 600;

    [Theory]
    [InlineData(null, 3, 10_000, 10_000)]
    [InlineData(1_048_576L, 3, 10_000, 10_000)]
    [InlineData(4_096L, 3, 10_000, 2_772)]
    [InlineData(4_096L, 1, 1_000, 924)]
    [InlineData(1_024L, 3, 10_000, 468)]
    [InlineData(256L, 3, 10_000, 16)]
    public void A_listener_has_as_many_connections_as_the_processes_limit_leaves(long? limit, int quarters, int most, int connections) =>
        OpenFiles.Connections(limit, quarters, most).ShouldBe(connections);

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024L)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             63432                63432                processes ", null)]
    public void The_limit_is_the_soft_one_that_the_system_tells(string line, long? limit) =>
        OpenFiles.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]).ShouldBe(limit);

    [Fact]
    public async Task Callers_cannot_take_the_last_file_descriptor_mail_flows_meanwhile_and_connections_are_taken_again_once_some_are_free()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.StartBy(["prlimit", $"--nofile={Allowed}:{Allowed}"], store, sink.Port);
        service.Log.Lines.ShouldContain(line => line.Contains("public HTTP listener: at most connections=150, because the process may open files=600 only", StringComparison.Ordinal));

        // A connection that is kept from here on.
        await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");
        var idle = new List<Socket>();
        try
        {
            for (var caller = 0; caller < Callers; caller++)
            {
                idle.Add(await Connected(service.Public.Port));
            }

            await Eventually.True(() => idle.Count(IsClosed) >= Callers - 150, "the callers that are too many to be turned away", detail: () => service.Log.Tail(20));
            for (var mail = 0; mail < 20; mail++)
            {
                await service.Until(await service.Accept(TestMail.To($"while{mail}@example.test")), "sent");
            }
        }
        finally
        {
            idle.ForEach(socket => socket.Dispose());
        }

        using var other = new HttpClient();
        await Eventually.True(() => Answers(other, service.Public), "a new caller to be answered");
        service.Log.Lines.ShouldNotContain(line => line.Contains("Too many open files", StringComparison.Ordinal));
        (await service.Terminate()).ShouldBe(0);
        sink.Ledger.Count.ShouldBe(21);
    }

    private static async Task<Socket> Connected(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>The other side has ended it: there is something to read, and it is the end.</summary>
    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private static async Task<bool> Answers(HttpClient caller, Uri listener)
    {
        try
        {
            return (await caller.GetAsync(new Uri(listener, "/health/live"))).StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
