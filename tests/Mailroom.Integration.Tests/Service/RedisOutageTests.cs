using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>Redis goes away under the running service, or loses what it held, while mail comes by the stream and over HTTP.</summary>
[Collection(AloneCollection.Name)]
public sealed class RedisOutageTests(ITestOutputHelper output)
{
    private const string Waits = "intake waits, stream does not answer";
    private const string Again = "stream answers again";
    private const int Ahead = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(TestStore.Sqlite, "stop")]
    [InlineData(TestStore.Postgres, "stop")]
    [InlineData(TestStore.Sqlite, "kill")]
    [InlineData(TestStore.Postgres, "kill")]
    [InlineData(TestStore.Postgres, "freeze")]
    [Trait("Requirement", "C46")]
    public async Task While_Redis_is_away_mail_is_accepted_and_sent_and_afterwards_each_command_has_counted_once(string kind, string how)
    {
        const int Commands = 1_000;
        const int Meanwhile = 100;
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, redis.Settings());
        var producer = new Producer(redis);
        var posts = SteadyPosts.Start(service);
        var load = producer.Run(Commands, added => sink.Ledger.WaitForMails(added + posts.Count - Ahead, Patience));
        await Bounded(producer.HaveAdded(Commands / 2), "half of the commands", service);

        await Leave(redis, how);
        await Bounded(service.Log.Line(line => line.Contains(Waits, StringComparison.Ordinal)), "the intake to wait", service);
        var (postsBefore, sentBefore) = (posts.Count, sink.Ledger.Count);
        await Bounded(posts.HaveAccepted(postsBefore + Meanwhile), "mails to be accepted without Redis", service);
        await sink.Ledger.WaitForMails(sentBefore + Meanwhile);
        service.Log.Lines.ShouldNotContain(line => line.Contains(Again, StringComparison.Ordinal));

        await Return(redis, how);
        await Bounded(service.Log.Line(line => line.Contains(Again, StringComparison.Ordinal)), "the intake to go on", service);
        await Bounded(load, "every command to be added", service);
        await posts.Stop();
        var books = await StreamBooks.Close(
            store, sink, Producer.Deliveries(Commands).Concat(posts.Accepted).ToDictionary(), () => service.Log.Tail());

        output.WriteLine($"{kind}, {how}: {books}, {posts.Count} by HTTP, batches added twice {producer.Repeated}");
        books.ShouldBalance(most: 0);
        await StreamBooks.ShouldHaveTakenEach(store, Commands);
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(Commands + posts.Count);
        service.Log.Lines.Count(line => line.Contains(Waits, StringComparison.Ordinal)).ShouldBe(1, "a spell is told once");
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D14")]
    public async Task A_stream_that_is_flushed_under_load_begins_anew_and_what_was_accepted_stays(string kind)
    {
        const int Commands = 1_500;
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, redis.Settings());
        var producer = new Producer(redis);
        var flushed = 0;
        var load = producer.Run(Commands, async added =>
        {
            await sink.Ledger.WaitForMails(Math.Min(added, Commands / 3) - Ahead, Patience);
            if (added >= Commands / 3 && flushed == 0)
            {
                flushed = added;
                (await redis.Cli("FLUSHALL")).ShouldBe("OK");
            }
        });

        await Bounded(load, "every command to be added", service);
        await Bounded(service.Log.Line(line => line.Contains("has begun anew", StringComparison.Ordinal)), "the reset to be told", service);
        await Eventually.True(
            async () => await store.Count($"SELECT count(*) FROM streams WHERE resets = 1 AND entries = {Commands - flushed}") == 1,
            "the new stream to be read to its end", Patience, () => service.Log.Tail());
        var stored = (await store.Rows("SELECT delivery_id FROM deliveries")).Select(row => row[0]).ToHashSet();
        var books = await StreamBooks.Close(
            store, sink, Producer.Deliveries(Commands).Where(delivery => stored.Contains(delivery.Value)).ToDictionary(), () => service.Log.Tail());

        output.WriteLine($"{kind}: flushed after {flushed}, of which {Commands - stored.Count} were not read yet: {books}");
        books.ShouldBalance(most: 0);
        Enumerable.Range(flushed, Commands - flushed).Select(TestCommand.Id).ShouldBeSubsetOf(stored);
        stored.Count.ShouldBeGreaterThanOrEqualTo(Commands - Ahead);
        (await store.Rows("SELECT failure_code FROM malformed_commands")).ShouldHaveSingleItem().ShouldBe(["stream_reset"]);
        var shown = (await service.ReadInside("/api/v1/internal/malformed-commands?failure_code=stream_reset")).GetProperty("data").EnumerateArray().ShouldHaveSingleItem();
        shown.GetProperty("stream").GetString().ShouldBe(TestCommand.Stream);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D14")]
    public async Task Entries_trimmed_while_the_service_was_down_are_recorded_as_a_gap_and_the_rest_is_taken(string kind)
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, redis.Settings());
        var last = await redis.Add(TestCommand.Numbered(0));
        await service.UntilTaken(TestCommand.Id(0), "sent");
        await service.Kill9();
        for (var number = 1; number <= 10; number++)
        {
            await redis.Add(TestCommand.Numbered(number));
        }

        (await redis.Cli("XTRIM", TestCommand.Stream, "MAXLEN", "3")).ShouldBe("8");
        await service.Restart();

        await service.UntilTaken(TestCommand.Id(10), "sent");
        await sink.Ledger.WaitForMails(4);
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(new[] { 0, 8, 9, 10 }.Select(TestCommand.Recipient).Order());
        (await Deadline.In().Wait(service.Log.Line(line => line.Contains("trimmed or deleted", StringComparison.Ordinal)), "the gap in the log", () => service.Log.Tail()))
            .ShouldContain($"offset={last} lost=7");
        var shown = (await service.ReadInside("/api/v1/internal/malformed-commands")).GetProperty("data").EnumerateArray().ShouldHaveSingleItem();
        shown.GetProperty("failure_code").GetString().ShouldBe("stream_gap");
        shown.GetProperty("failure_message").GetString().ShouldNotBeNull().ShouldStartWith("7 entries");
        (await store.Rows("SELECT entries, gaps, resets FROM streams")).ShouldHaveSingleItem().ShouldBe(["11", "1", "0"]);
    }

    private static async Task Leave(TestRedis redis, string how)
    {
        switch (how)
        {
            case "stop":
                await redis.Stop();
                break;
            case "kill":
                await redis.Kill();
                break;
            case "freeze":
                redis.Freeze();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(how), how, "Not a way to leave.");
        }
    }

    private static async Task Return(TestRedis redis, string how)
    {
        if (how == "freeze")
        {
            redis.Thaw();
            return;
        }

        await redis.Start();
    }

    private static Task Bounded(Task signal, string what, RunningMailroom service) => Deadline.In(Patience).Wait(signal, what, () => service.Log.Tail(20));
}
