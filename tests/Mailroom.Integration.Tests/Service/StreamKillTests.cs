using System.Diagnostics;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>
/// kill -9 of the service, or a restart of its database, while commands come by the stream. MAILROOM_TEST_STREAM_COMMANDS,
/// MAILROOM_TEST_STREAM_KILLS and MAILROOM_TEST_STREAM_SEED make it larger or another one.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class StreamKillTests(ITestOutputHelper output)
{
    private const int Workers = 16;

    /// <summary>A slot is free again before its outcome is stored, so as many outcomes as attempts may be lost with the process (G2).</summary>
    private const int MostInterrupted = 2 * Workers;

    /// <summary>How far the producer runs ahead of the mails sent, so that intake and sending are both under way at every kill.</summary>
    private const int Ahead = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D14")]
    public async Task Killed_at_any_moment_the_service_makes_one_delivery_of_each_command_and_repeats_only_what_was_uncertain(string kind)
    {
        var commands = TestSize.Of("MAILROOM_TEST_STREAM_COMMANDS", 3_000);
        var kills = TestSize.Of("MAILROOM_TEST_STREAM_KILLS", 2);
        var seed = TestSize.Of("MAILROOM_TEST_STREAM_SEED", 1);
        var random = new Random(seed);
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. redis.Settings(), ("MAIL_ATTEMPT_WORKER_CONCURRENCY", $"{Workers}")]);
        var producer = new Producer(redis);
        var since = Stopwatch.GetTimestamp();
        var load = producer.Run(commands, added => sink.Ledger.WaitForMails(added - Ahead, Patience));

        var struck = new List<Kill>();
        foreach (var moment in Enumerable.Range(0, kills).Select(_ => random.Next(commands / 20, commands * 4 / 5)).Order())
        {
            // The intake and the deliveries come at other points of the code, so both choose the moment in turn.
            var come = random.Next(2) == 0 ? producer.HaveAdded(moment) : sink.Ledger.WaitForMails(moment, Patience);
            await Deadline.In(Patience).Wait(Task.WhenAny(come, load), $"the moment of kill {struck.Count + 1}", () => service.Log.Tail());
            struck.Add(await Kill.Strike(service, store));
        }

        await Deadline.In(Patience).Wait(load, "every command to be added", () => service.Log.Tail());
        var books = await StreamBooks.Close(store, sink, Producer.Deliveries(commands), () => service.Log.Tail());

        output.WriteLine($"{kind}: {commands} commands, {kills} kills, seed {seed}, {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s: {books}");
        struck.ForEach(kill => output.WriteLine(kill.Describe(sink)));
        books.ShouldBalance(most: kills * MostInterrupted);
        await StreamBooks.ShouldHaveTakenEach(store, commands);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Requirement", "D14")]
    public async Task A_database_that_restarts_while_commands_come_costs_none_and_doubles_none(bool crash)
    {
        const int Commands = 1_500;
        const int Restarts = 2;
        await using var redis = await TestRedis.Create();
        await using var server = await PostgresServer.Create();
        await using var store = TestStore.On(server);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, redis.Settings());
        var producer = new Producer(redis);
        var load = producer.Run(Commands, added => sink.Ledger.WaitForMails(added - Ahead, Patience));

        for (var restart = 1; restart <= Restarts; restart++)
        {
            await Deadline.In(Patience).Wait(producer.HaveAdded(restart * Commands / 3), $"the moment of restart {restart}", () => service.Log.Tail());
            await (crash ? server.StopImmediately() : server.StopFast());
            await server.Start();
        }

        await Deadline.In(Patience).Wait(load, "every command to be added", () => service.Log.Tail());
        var books = await StreamBooks.Close(store, sink, Producer.Deliveries(Commands), () => service.Log.Tail());

        output.WriteLine($"{(crash ? "immediate" : "fast")}: {books}");
        books.ShouldBalance(most: 0);
        await StreamBooks.ShouldHaveTakenEach(store, Commands);
    }
}
