using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>
/// kill -9 under load. MAILROOM_TEST_KILL_MAILS, MAILROOM_TEST_KILLS and MAILROOM_TEST_KILL_SEED make it larger or another one.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Workers = 16;
    private const int Connections = 16;

    /// <summary>A slot is free again before its outcome is stored, so as many outcomes as attempts may be lost with the process (G2).</summary>
    private const int MostInterrupted = 2 * Workers;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>G8 says 2 s; the rest is for a machine that does other things too.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Killed_at_any_moment_the_service_loses_no_mail_and_repeats_only_what_was_uncertain(string kind)
    {
        var mails = TestSize.Of("MAILROOM_TEST_KILL_MAILS", 1_500);
        var kills = TestSize.Of("MAILROOM_TEST_KILLS", 3);
        var seed = TestSize.Of("MAILROOM_TEST_KILL_SEED", 1);
        var random = new Random(seed);
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_ATTEMPT_WORKER_CONCURRENCY", $"{Workers}"));
        var clients = new Clients(service, mails, Connections);
        var load = clients.Run();

        var struck = new List<Kill>();
        foreach (var moment in Enumerable.Range(0, kills).Select(_ => random.Next(mails / 20, mails * 4 / 5)).Order())
        {
            // Acceptances and deliveries come at other points of the code, so both choose the moment in turn.
            var come = random.Next(2) == 0 ? clients.HaveAccepted(moment) : sink.Ledger.WaitForMails(moment, Patience);
            await Deadline.In(Patience).Wait(Task.WhenAny(come, load), $"the moment of kill {struck.Count + 1}", () => service.Log.Tail());
            struck.Add(await Kill.Strike(service, store));
        }

        await Deadline.In(Patience).Wait(load, "every mail to be posted", () => service.Log.Tail());
        var books = await Books.Close(store, sink, clients.Accepted, () => service.Log.Tail());

        output.WriteLine($"{kind}: {mails} mails, {kills} kills, seed {seed}: {books}, in flight {struck.Sum(kill => kill.Interrupted.Count)}, bound {kills * MostInterrupted}");
        output.WriteLine($"requests whose connection broke {clients.Broken}, refused {clients.Refusals.Count}");
        struck.ForEach(kill => output.WriteLine(kill.Describe(sink)));
        books.ShouldBalance(most: kills * MostInterrupted);
        books.Accepted.ShouldBeGreaterThanOrEqualTo(mails - (mails / 10));
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(books.Delivered);
        struck.ShouldAllBe(kill => kill.BackOnTheWire(sink) < BackWithin || kill.Interrupted.Count == 0);
    }
}
