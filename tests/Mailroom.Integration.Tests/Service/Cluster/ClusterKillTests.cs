using System.Globalization;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Cluster;

/// <summary>Nodes that are killed, stopped, paused and restarted under load.</summary>
[Collection(AloneCollection.Name)]
public sealed class ClusterKillTests(ITestOutputHelper output)
{
    private const int Workers = 8;

    /// <summary>Slots, and as many outcomes again that were not stored yet (G2).</summary>
    private const int MostInterrupted = 2 * Workers;

    /// <summary>What a machine that does other things too may add.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    private static readonly (string Name, string Value)[] Few = [("MAIL_ATTEMPT_WORKER_CONCURRENCY", $"{Workers}")];

    [Theory]
    [InlineData("n1", "n2")]
    [InlineData("n2", "n1")]
    [Trait("Requirement", "D18")]
    public async Task Either_of_two_nodes_may_be_killed_for_good_the_other_goes_on_and_sends_what_was_interrupted_within_the_lease(string killed, string other)
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"], Few);
        var lasting = SteadyPosts.Start(cluster[other]);
        await lasting.HaveAccepted(50);
        sink.Faults = new() { Dot = _ => DotFault.Stall };
        var dying = await Task.WhenAll(Enumerable.Range(0, Workers).Select(number => cluster[killed].Accept(TestMail.To($"d{number}@example.test"))));
        await Eventually.True(() => sink.Stalled >= Workers, $"{Workers} mails to be under way", detail: cluster.Logs);

        await cluster[killed].Kill9();
        var since = DateTimeOffset.UtcNow;
        var interrupted = await Interrupted(store, killed);
        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        await Eventually.True(() => interrupted.All(id => sink.Ledger.Mails.Any(mail => mail.MessageId == id && mail.At > since)), "interrupted mail on the wire again", RunningCluster.Lease + Slack, cluster.Logs);
        var back = sink.Ledger.Mails.Where(mail => mail.At > since && interrupted.Contains(mail.MessageId)).Min(mail => mail.At) - since;
        await lasting.HaveAccepted(lasting.Count + 50);
        await lasting.Stop();

        var accepted = lasting.Accepted.ToDictionary();
        foreach (var (number, id) in dying.Index())
        {
            accepted[$"d{number}@example.test"] = id;
        }

        var books = await Books.Close(store, sink, accepted, cluster.Logs);
        output.WriteLine($"{killed} killed: {interrupted.Count} interrupted, back on the wire after {back.TotalMilliseconds:F0} ms (lease {RunningCluster.Lease.TotalSeconds:F0} s); {books}");
        interrupted.Count.ShouldBeGreaterThanOrEqualTo(Workers);
        books.ShouldBalance(most: MostInterrupted);
        (await cluster.Shares()).ShouldBe(new Dictionary<string, long> { [other] = RunningCluster.Shards });
        cluster[other].Log.Tail().ShouldContain($"cluster: node lost, its lease ran out and its shards are taken node={killed}");
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public async Task Killed_and_started_again_under_its_name_a_node_has_its_mail_on_the_wire_within_two_seconds_of_being_ready()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"], Few);
        var ids = await Task.WhenAll(Enumerable.Range(0, Workers).Select(number => cluster["n1"].Accept(TestMail.To($"d{number}@example.test"))));
        await Eventually.True(() => sink.Stalled >= Workers, $"{Workers} mails to be under way", detail: cluster.Logs);

        await cluster["n1"].Kill9();
        sink.Faults = LedgerFaults.None;
        var interrupted = await Interrupted(store, "n1");
        var killed = DateTimeOffset.UtcNow;
        await cluster["n1"].Restart();
        var ready = DateTimeOffset.UtcNow;
        await Eventually.True(() => interrupted.All(id => sink.Ledger.CountOf(id) > 0), "interrupted mail on the wire again", TimeSpan.FromSeconds(2) + Slack, cluster.Logs);

        var times = sink.Ledger.Mails.Where(mail => interrupted.Contains(mail.MessageId)).Select(mail => (mail.At - ready).TotalMilliseconds).ToList();
        output.WriteLine($"{interrupted.Count} interrupted, restart {(ready - killed).TotalMilliseconds:F0} ms, on the wire {times.Min():F0} to {times.Max():F0} ms after ready");
        await cluster.UntilEven();
        foreach (var id in ids)
        {
            await cluster["n2"].Until(id, "sent");
        }
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public async Task A_node_that_stood_still_beyond_its_lease_writes_nothing_under_old_epochs_starts_no_call_and_joins_anew()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"], ("MAIL_ATTEMPT_WORKER_CONCURRENCY", "2"));

        // More than it has slots for: the rest is claimed and waits in line, and would be called next.
        var ids = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => cluster["n1"].Accept(TestMail.To($"d{number}@example.test"))));
        await Eventually.True(async () => sink.Stalled == 2 && await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sending'") == 6, "two mails on the wire and four claimed", detail: cluster.Logs);
        cluster["n1"].Pause();
        sink.Faults = LedgerFaults.None;
        await cluster.UntilShared(["n2"]);
        foreach (var id in ids)
        {
            await cluster["n2"].Until(id, "sent");
        }

        var before = sink.Connections;
        var taken = sink.Ledger.Count;
        var versions = await Versions(store);
        cluster["n1"].Resume();
        await Deadline.In().Wait(cluster["n1"].Log.Line(line => line.Contains("the other nodes took this one for lost, it joins anew", StringComparison.Ordinal)), "n1 to say that it was declared lost", cluster.Logs);
        sink.ReleaseStalled();
        await cluster.UntilEven();
        await cluster["n1"].Until(await cluster["n1"].Accept(TestMail.To("after@example.test")), "sent");

        // The two that were on the wire when it stood still are taken now, a second time: what G2 allows. Nothing else was begun.
        sink.Ledger.Count.ShouldBe(taken + 2 + 1);
        (await Versions(store)).Where(row => ids.Contains(row.Key)).ShouldBe(versions, ignoreOrder: true);
        foreach (var id in ids)
        {
            (await cluster["n2"].Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["uncertain", "provider_accepted"]);
        }

        output.WriteLine($"6 claimed, 2 on the wire: {sink.Ledger.Count - 7} copies, {sink.Connections - before} new connections after it went on");
    }

    [Fact]
    public async Task A_node_told_to_stop_gives_its_shards_away_in_half_a_second()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"], Few);
        var posts = SteadyPosts.Start(cluster["n2"]);
        await posts.HaveAccepted(100);

        var ending = cluster["n1"].Terminate();
        var told = DateTimeOffset.UtcNow;
        await cluster.UntilShared(["n1", "n2"], TimeSpan.FromSeconds(10)).ContinueWith(_ => Task.CompletedTask, TaskScheduler.Default);
        var line = await Deadline.In().Wait(cluster["n1"].Log.Line(line => line.Contains("cluster: shards given to other nodes", StringComparison.Ordinal)), "the hand-over", cluster.Logs);
        (await ending).ShouldBe(0);
        var ended = DateTimeOffset.UtcNow - told;
        await cluster.UntilShared(["n2"]);
        await posts.HaveAccepted(posts.Count + 100);
        await posts.Stop();

        var gap = int.Parse(line[(line.IndexOf("ms=", StringComparison.Ordinal) + 3)..], CultureInfo.InvariantCulture);
        output.WriteLine($"hand-over {gap} ms, process ended {ended.TotalMilliseconds:F0} ms after SIGTERM");
        gap.ShouldBeLessThan(2_000);
        (await Books.Close(store, sink, posts.Accepted, cluster.Logs)).ShouldBalance(most: 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Requirement", "D14")]
    public async Task A_stream_moves_to_the_other_node_when_its_reader_stops_or_is_killed_and_each_entry_counts_once(bool kill)
    {
        const int Commands = 1_500;
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var redis = await TestRedis.Create();
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"], [.. redis.Settings(), .. Few]);
        var reader = await cluster.OwnerOf(TestCommand.Stream);
        var producer = new Producer(redis);
        var load = producer.Run(Commands, added => sink.Ledger.WaitForMails(added - 300, TimeSpan.FromMinutes(1)));
        await Deadline.In().Wait(sink.Ledger.WaitForMails(Commands / 3), "a third of the mail", cluster.Logs);

        var since = DateTimeOffset.UtcNow;
        await (kill ? cluster[reader].Kill9() : cluster[reader].Terminate());
        await cluster.UntilEven();
        (await cluster.OwnerOf(TestCommand.Stream)).ShouldNotBe(reader);
        await Deadline.In(TimeSpan.FromMinutes(1)).Wait(load, "all commands to be added", cluster.Logs);
        var books = await StreamBooks.Close(store, sink, Producer.Deliveries(Commands), cluster.Logs);

        var times = sink.Ledger.Mails.Select(mail => mail.At).Where(at => at > since).Order().ToList();
        var gap = times.Zip(times.Skip(1)).Max(pair => pair.Second - pair.First);
        output.WriteLine($"{(kill ? "kill -9" : "SIGTERM")} of the reader: {books}; longest silence at the next hop {gap.TotalMilliseconds:F0} ms");
        books.ShouldBalance(most: kill ? MostInterrupted : 0);
        await StreamBooks.ShouldHaveTakenEach(store, Commands);
    }

    [Fact]
    public async Task All_nodes_are_restarted_one_after_the_other_under_load_and_no_caller_sees_an_error()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        string[] names = ["n1", "n2", "n3"];
        await using var cluster = await RunningCluster.Start(store, sink, names, [.. Few, ("MAILROOM_HTTP_DRAIN", "2s")]);
        await using var callers = BalancedPosts.Start(cluster.Nodes, connections: 6);
        await callers.HaveAccepted(200);
        foreach (var name in names)
        {
            var before = callers.Accepted.Count;
            (await cluster[name].Terminate()).ShouldBe(0);
            await cluster[name].Restart();
            await cluster.UntilEven();
            await callers.HaveAccepted(callers.Accepted.Count + 100);
            output.WriteLine($"{name} restarted while {callers.Accepted.Count - before} mails were accepted");
        }

        await callers.Stop();
        callers.Errors.ShouldBeEmpty();
        var books = await Books.Close(store, sink, callers.Accepted, cluster.Logs);
        output.WriteLine($"{books}");
        books.ShouldBalance(most: 0);
    }

    /// <summary>The Message-IDs of what the newest incarnation of a node was sending.</summary>
    private static async Task<IReadOnlySet<string>> Interrupted(TestStore store, string node) => (await store.Rows(
        $"SELECT delivery_id FROM deliveries WHERE status = 'sending' AND claim_incarnation = (SELECT max(incarnation) FROM nodes WHERE node = '{node}')"))
        .Select(row => TestMail.MessageId(row[0])).ToHashSet();

    private static async Task<Dictionary<string, string>> Versions(TestStore store) =>
        (await store.Rows("SELECT delivery_id, version FROM deliveries")).ToDictionary(row => row[0], row => row[1]);
}
