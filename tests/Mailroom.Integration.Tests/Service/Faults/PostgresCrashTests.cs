using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>Sessions and processes of PostgreSQL die while mail comes and goes.</summary>
[Collection(AloneCollection.Name)]
public sealed class PostgresCrashTests(ITestOutputHelper output)
{
    private const string Sessions = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'mailroom'";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("a session is killed", 2)]
    [InlineData("the server is killed", 2)]
    [InlineData("all sessions are terminated", 20)]
    public async Task Whatever_of_the_database_dies_under_load_no_mail_is_lost_and_none_is_sent_twice(string what, int times)
    {
        const int Mails = 600;
        await using var server = await PostgresServer.Create();
        await using var store = TestStore.On(server);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var clients = new Clients(service, Mails, connections: 16);
        var load = clients.Run();

        for (var time = 1; time <= times; time++)
        {
            await Deadline.In(Patience).Wait(
                Task.WhenAny(clients.HaveAccepted(time * Mails / (2 * times)), load), $"the moment of fault {time}", () => service.Log.Tail());
            await Strike(server, what);
        }

        await Deadline.In(Patience).Wait(load, "every mail to be posted", () => service.Log.Tail());
        var books = await Books.Close(store, sink, clients.Accepted, () => service.Log.Tail());

        output.WriteLine($"{what}, {times} times: {books}; refused {clients.Refusals.Count}, broken {clients.Broken}");
        books.ShouldBalance(most: 0);
        service.Log.Lines.ShouldContain(line => line.Contains("the store does not answer", StringComparison.Ordinal));
        service.Log.Lines.ShouldContain(line => line.Contains("the store answers again", StringComparison.Ordinal));
    }

    private static async Task Strike(PostgresServer server, string what)
    {
        switch (what)
        {
            case "a session is killed":
                await server.KillSession("mailroom");
                break;
            case "the server is killed":
                await server.KillPostmaster();
                await server.Start();
                break;
            case "all sessions are terminated":
                await server.Scalar<long>(Sessions);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, "Not a fault.");
        }
    }
}
