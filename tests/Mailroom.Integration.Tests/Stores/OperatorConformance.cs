using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Streams;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresOperatorTests : OperatorConformance<PostgresUnderTest>;

public sealed class SqliteOperatorTests : OperatorConformance<SqliteUnderTest>;

/// <summary>What operators and metrics read.</summary>
public abstract class OperatorConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private static readonly DeadLetterFilter All = new();

    [Fact]
    [Trait("Requirement", "C34")]
    public async Task A_dead_letter_is_read_with_the_delivery_that_it_belongs_to()
    {
        var dead = await World.DeadAsync(World.Command("dead") with { Org = new("org_a"), Source = "notification" });
        var row = (await Store.Operators.DeadLettersAsync(All, null, 10, CancellationToken.None)).Single();
        row.RecoveryHint.ShouldNotBeNullOrEmpty();
        (row with { RecoveryHint = "" }).ShouldBe(
            new DeadLetterRow(dead.After.Id, new("org_a"), "notification", 1, "transport_failed", "try later", World.Now, ""));
    }

    [Fact]
    public async Task Dead_letters_come_newest_first_by_cursor_and_are_counted_up_to_a_bound()
    {
        var start = World.Now;
        for (var n = 0; n < 7; n++)
        {
            World.Now = start + TimeSpan.FromMilliseconds(n / 2);
            await World.DeadAsync(World.Command($"dead-{n}"));
        }

        await World.CommittedAsync(World.Accept("alive"));
        var listed = new List<string>();
        DeliveryCursor? after = null;
        while (true)
        {
            var page = await Store.Operators.DeadLettersAsync(All, after, 3, CancellationToken.None);
            listed.AddRange(page.Select(row => row.Delivery.Value));
            if (page.Count < 3)
            {
                break;
            }

            after = new(page[^1].CreatedAt, page[^1].Delivery.Value);
        }

        listed.ShouldBe(Enumerable.Range(0, 7).Reverse().Select(n => $"dead-{n}"));
        (await Store.Operators.CountDeadLettersAsync(All, 100, CancellationToken.None)).ShouldBe(7);
        (await Store.Operators.CountDeadLettersAsync(All, 5, CancellationToken.None)).ShouldBe(5);
    }

    [Fact]
    public async Task Dead_letters_are_narrowed_by_each_filter_and_by_all_of_them()
    {
        var timedOut = new AttemptReport { Status = AttemptStatus.TimedOut, Reason = "timed_out" };
        await World.DeadAsync(World.Command("one") with { Org = new("org_a"), Source = "notification" }, timedOut);
        World.Now += TimeSpan.FromMinutes(1);
        var later = World.Now;
        await World.DeadAsync(World.Command("two") with { Org = new("org_a") });
        await World.DeadAsync(World.Command("three") with { Org = new("org_b"), Source = "notification" });

        (await DeadAsync(new() { Org = new("org_a") })).ShouldBe(["two", "one"]);
        (await DeadAsync(new() { Source = "notification" })).ShouldBe(["three", "one"]);
        (await DeadAsync(new() { FailureClassification = "timed_out" })).ShouldBe(["one"]);
        (await DeadAsync(new() { Since = later })).ShouldBe(["two", "three"]);
        (await DeadAsync(new() { Until = later })).ShouldBe(["one"]);
        (await DeadAsync(new() { Org = new("org_a"), Source = "notification", FailureClassification = "timed_out", Until = later, NotRepeated = true })).ShouldBe(["one"]);
        (await DeadAsync(new() { Org = new("org_b"), FailureClassification = "timed_out" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dead_letter_that_was_repeated_is_told_apart_and_its_repeats_are_found()
    {
        await World.DeadAsync(World.Command("parent"));
        await World.DeadAsync(World.Command("other"));
        World.Now += TimeSpan.FromSeconds(1);
        await World.CommitAsync(World.Accept(World.Command("repeat-1") with { Parent = new("parent") }), World.Accept("stranger"));
        World.Now += TimeSpan.FromSeconds(1);
        await World.CommittedAsync(World.Accept(World.Command("repeat-0") with { Parent = new("parent") }));

        (await DeadAsync(new() { NotRepeated = true })).ShouldBe(["other"]);
        (await DeadAsync(All)).ShouldBe(["parent", "other"]);
        (await RepeatsAsync("parent", 10)).ShouldBe(["repeat-1", "repeat-0"]);
        (await RepeatsAsync("parent", 1)).ShouldBe(["repeat-1"]);
        (await RepeatsAsync("other", 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_repeat_that_is_not_accepted_marks_nothing()
    {
        await World.DeadAsync(World.Command("parent"));
        var key = World.Key("k", World.Now + TimeSpan.FromDays(1));
        await World.CommittedAsync(World.Accept(World.Command("holder") with { Idempotency = key }));
        await World.CommitAsync(World.Accept(World.Command("refused") with { Idempotency = key, Parent = new("parent") }));
        (await DeadAsync(new() { NotRepeated = true })).ShouldBe(["parent"]);
    }

    [Fact]
    [Trait("Requirement", "C50")]
    public async Task Malformed_commands_are_read_newest_first_with_all_that_was_kept_of_them()
    {
        byte[] raw = [.. "{\"source\":\"notification\"}"u8];
        await MalformedAsync("1-0", "invalid_payload", null, raw);
        await MalformedAsync("2-18446744073709551615", "unknown_template", "notification", raw);
        await MalformedAsync("3-0", "invalid_payload", "notification", []);

        var rows = await Store.Operators.MalformedAsync(new(), null, 10, CancellationToken.None);
        rows.Select(row => row.Command.EntryId.ToString()).ShouldBe(["3-0", "2-18446744073709551615", "1-0"]);
        rows.Select(row => row.Number).ShouldBe(rows.Select(row => row.Number).OrderDescending());
        var last = rows[2].Command;
        Encoding.UTF8.GetString(last.RawFields.Span).ShouldBe("{\"source\":\"notification\"}");
        (last with { RawFields = default }).ShouldBe(
            new MalformedCommand("commands", new StreamEntryId(1, 0), World.Now, "invalid_payload", "to is missing", "d-1", null, default, true));

        (await Store.Operators.MalformedAsync(new(), rows[1].Number, 10, CancellationToken.None)).Single().Number.ShouldBe(rows[2].Number);
        (await EntriesAsync(new() { FailureCode = "invalid_payload" })).ShouldBe(["3-0", "1-0"]);
        (await EntriesAsync(new() { Source = "notification", Stream = "commands" })).ShouldBe(["3-0", "2-18446744073709551615"]);
        (await EntriesAsync(new() { Stream = "other" })).ShouldBeEmpty();
        (await EntriesAsync(new() { Since = World.Now + TimeSpan.FromMilliseconds(1) })).ShouldBeEmpty();
    }

    [Fact]
    [Trait("Requirement", "C13")]
    [Trait("Requirement", "C14")]
    public async Task The_schedule_counts_what_waits_and_knows_since_when()
    {
        var start = World.Now;
        var empty = await Store.Operators.ScheduleAsync(start, 10, CancellationToken.None);
        (empty.Depth, empty.OldestDue, empty.ByLane.Count).ShouldBe((0, null, 0));

        await World.CommittedAsync(World.Accept(World.Command("claimed") with { Claim = World.Claim() }));
        await World.CommittedAsync(World.Accept(World.Command("later") with { Org = new("org_b"), ScheduledAt = start + TimeSpan.FromHours(1) }));
        World.Now = start + TimeSpan.FromSeconds(2);
        await World.CommittedAsync(World.Accept(World.Command("code") with { Org = new("org_a"), Urgent = true }));
        await World.CommittedAsync(World.Accept(World.Command("a1") with { Org = new("org_a") }));
        World.Now = start + TimeSpan.FromSeconds(1);
        await World.CommittedAsync(World.Accept(World.Command("a2") with { Org = new("org_a") }));
        var canceled = await World.CommittedAsync(World.Accept("canceled"));
        await World.CommittedAsync(World.Next(canceled, new CancelDelivery("me")));

        var facts = await Store.Operators.ScheduleAsync(World.Now, 10, CancellationToken.None);
        facts.Depth.ShouldBe(4);
        facts.OldestDue.ShouldBe(start + TimeSpan.FromSeconds(1));
        facts.ByLane.ShouldBe(
        [
            new(new("org_a"), false, 2, start + TimeSpan.FromSeconds(1)),
            new(new("org_a"), true, 1, start + TimeSpan.FromSeconds(2)),
            new(new("org_b"), false, 1, start + TimeSpan.FromHours(1)),
        ]);
        (await Store.Operators.ScheduleAsync(World.Now, 1, CancellationToken.None)).ByLane.Count.ShouldBe(1);
    }

    private Task MalformedAsync(string entry, string code, string? source, byte[] raw) => Database.ExecuteAsync($"""
        INSERT INTO malformed_commands (stream, entry_id, recorded_at, failure_code, failure_message, delivery_id, source, raw_fields, raw_truncated)
        SELECT 'commands', '{entry}', {Database.Literal(World.Now)}, '{code}', 'to is missing', 'd-1', {(source is null ? "NULL" : $"'{source}'")},
            {Database.Literal(raw)}, (1 = 1)
        """);

    private async Task<IEnumerable<string>> EntriesAsync(MalformedFilter filter) =>
        (await Store.Operators.MalformedAsync(filter, null, 10, CancellationToken.None)).Select(row => row.Command.EntryId.ToString());

    private async Task<IEnumerable<string>> DeadAsync(DeadLetterFilter filter)
    {
        var ids = (await Store.Operators.DeadLettersAsync(filter, null, 10, CancellationToken.None)).Select(row => row.Delivery.Value).ToArray();
        (await Store.Operators.CountDeadLettersAsync(filter, 100, CancellationToken.None)).ShouldBe(ids.Length);
        return ids;
    }

    private async Task<IEnumerable<string>> RepeatsAsync(string parent, int limit) =>
        (await Store.Operators.RepeatsAsync(new(parent), limit, CancellationToken.None)).Select(id => id.Value);
}
