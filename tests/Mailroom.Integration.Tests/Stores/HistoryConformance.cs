using System.Text.RegularExpressions;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresHistoryTests : HistoryConformance<PostgresUnderTest>;

public sealed class SqliteHistoryTests : HistoryConformance<SqliteUnderTest>;

/// <summary>Deliveries through their lives: what is read back is what was decided, at every step.</summary>
public abstract class HistoryConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    public static TheoryData<string> Names => [.. Histories.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_delivery_is_read_back_as_it_was_decided(string history)
    {
        DeliveryChange? last = null;
        foreach (var step in Histories.Of(history, World))
        {
            last = await World.CommittedAsync(step(last));
            await World.ShouldBeStoredAsync(last);
        }

        var stored = (await Store.Deliveries.FindAsync(null, last!.After.Id, CancellationToken.None))!;
        stored.UpdatedAt.ShouldBe(World.Now);
        PayloadCodec.Encode(stored.Request).ShouldBe(PayloadCodec.Encode(World.Request()));
        (stored.Rendered is not null).ShouldBe(last.After.HasRendered);
    }

    [Fact]
    public void The_histories_reach_every_status()
    {
        var reached = new HashSet<DeliveryStatus>();
        foreach (var name in Histories.Names)
        {
            DeliveryChange? last = null;
            foreach (var step in Histories.Of(name, World))
            {
                last = step(last);
                reached.Add(last.After.Status);
            }
        }

        reached.ShouldBe(Enum.GetValues<DeliveryStatus>().Except([DeliveryStatus.Absent]), ignoreOrder: true);
    }

    [Fact]
    public async Task Attempts_are_told_by_number_with_the_running_one_last()
    {
        var last = await PlayAsync("tried again with what was rendered", steps: 3);
        var attempts = await Store.Deliveries.AttemptsAsync(last.After.Id, CancellationToken.None);

        attempts.Select(attempt => (attempt.AttemptNo, attempt.Status, attempt.Counted, attempt.ReplyCode, attempt.Summary)).ShouldBe(
        [
            (1, AttemptStatus.TransportFailed, true, 451, "try later"),
            (2, AttemptStatus.InProgress, false, 0, null),
        ]);
        attempts[1].StartedAt.ShouldBe(World.Now);
        attempts[1].EndedAt.ShouldBeNull();

        var ended = await World.CommittedAsync(World.Ended(last, Histories.Accepted));
        (await Store.Deliveries.AttemptsAsync(ended.After.Id, CancellationToken.None))[1].ShouldBe(new StoredAttempt(
            2, AttemptStatus.ProviderAccepted, true, World.Now, World.Now, null, 250, "2.0.0", "queued as 4711", "mx.example.test", "4711",
            "S: 220 hello\nC: EHLO us") { Provider = "smtp" });
    }

    [Fact]
    public async Task What_was_rendered_is_kept_for_the_next_attempt()
    {
        var last = await PlayAsync("tried again with what was rendered", steps: 2);
        var payload = (await Store.Deliveries.PayloadsAsync([last.Id, "no-such"], CancellationToken.None)).Single();
        payload.Key.ShouldBe(last.Id);
        payload.Value.Rendered.ShouldBe(new RenderedContent("Subject", "Text", "<p>Html</p>", "de-DE", true));
    }

    [Fact]
    public async Task Recipients_have_a_status_of_their_own_only_where_they_differ()
    {
        var last = await PlayAsync("recipients fare differently", steps: 2);
        (await Store.Deliveries.RecipientsAsync(last.After.Id, CancellationToken.None)).ShouldBe(
        [
            new(0, "to", "one@example.test", RecipientStatus.Sent, null),
            new(1, "cc", "copy@example.test", RecipientStatus.Failed, "no such user"),
            new(2, "bcc", "blind@example.test", null, null),
        ]);
        last.After.PendingRecipients().ShouldBe([2]);
    }

    [Fact]
    [Trait("Requirement", "C34")]
    public async Task A_dead_letter_has_exactly_one_record()
    {
        await PlayAsync("dead letter");
        (await Database.QueryAsync("SELECT failure_classification || '/' || final_attempt_no || '/' || provider_summary FROM dead_letters"))
            .ShouldBe(["transport_failed/1/try later"]);
        (await Database.QueryAsync("SELECT recovery_hint FROM dead_letters")).Single().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_timeline_tells_everything_in_the_order_in_which_it_happened()
    {
        var last = await PlayAsync("tried again with what was rendered");
        var timeline = await Store.Deliveries.TimelineAsync(last.After.Id, CancellationToken.None);

        timeline.Select(entry => (entry.Event, entry.Status)).ShouldBe(
        [
            ("accepted", DeliveryStatus.Queued),
            ("attempt_started", DeliveryStatus.Sending),
            ("attempt_ended", DeliveryStatus.Sending),
            ("retry_scheduled", DeliveryStatus.Rendered),
            ("attempt_started", DeliveryStatus.Sending),
            ("attempt_ended", DeliveryStatus.Sending),
            ("sent", DeliveryStatus.Sent),
        ]);
        timeline.Select(entry => entry.At).ShouldBeInOrder();
        timeline[3].Detail!.ShouldStartWith("transport_failed; due ");
    }

    [Fact]
    public async Task A_timeline_shows_the_running_attempt_and_what_providers_say_meanwhile()
    {
        await World.CommittedAsync(World.Accept(World.Command("a") with { Claim = World.Claim() }));
        var claimed = World.Accept(World.Command("b") with { Claim = World.Claim() });
        await World.CommittedAsync(claimed);
        World.Now += TimeSpan.FromSeconds(1);
        await World.CommittedAsync(World.Next(claimed, new ProviderReported(DeliveryStatus.Delivered, [], "delivered")));

        (await EventsAsync("a")).ShouldBe(["accepted", "attempt_started"]);
        (await EventsAsync("b")).ShouldBe(["accepted", "attempt_started", "provider_delivered"]);
    }

    [Fact]
    public async Task Two_events_of_one_change_are_both_told()
    {
        var last = await PlayAsync("suppressed at once");
        var timeline = await Store.Deliveries.TimelineAsync(last.After.Id, CancellationToken.None);
        timeline.Select(entry => (entry.Event, entry.Status, entry.Detail)).ShouldBe(
            [("accepted", DeliveryStatus.Queued, null), ("suppressed", DeliveryStatus.Suppressed, "stub mode")]);
    }

    [Theory]
    [InlineData(@"a\0b", @"a\ufffdb")]
    [InlineData(@"half \ud83d pair", @"half \ufffd pair")]
    [InlineData(@"\udc00", @"\ufffd")]
    [InlineData(@"\ud83d\udc8c \u202e ß", @"\ud83d\udc8c \u202e ß")]
    [InlineData("", "")]
    [InlineData("'; DROP TABLE deliveries; --", "'; DROP TABLE deliveries; --")]
    public async Task Hostile_words_are_kept_as_far_as_they_are_text(string escapedWords, string escapedKept)
    {
        // Escaped, because a test's arguments travel as UTF-8.
        var (words, kept) = (Regex.Unescape(escapedWords), Regex.Unescape(escapedKept));
        var report = new AttemptReport
        {
            Status = AttemptStatus.TransportFailed, Reason = words, EnhancedCode = words, Summary = words, RemoteHost = words, ProviderMessageId = words,
            Conversation = words, Recipients = [new(0, RecipientStatus.Failed, words)],
        };
        var claimed = await World.CommittedAsync(World.Accept(World.Command("hostile") with { Claim = World.Claim() }));
        var ended = await World.CommittedAsync(World.Ended(claimed, report, new RetryLadder([])));

        await World.ShouldBeStoredAsync(ended);
        var attempt = (await Store.Deliveries.AttemptsAsync(ended.After.Id, CancellationToken.None)).Single();
        new[] { attempt.Reason, attempt.EnhancedCode, attempt.Summary, attempt.RemoteHost, attempt.ProviderMessageId, attempt.Conversation }
            .ShouldAllBe(text => text == kept);
        (await Store.Deliveries.RecipientsAsync(ended.After.Id, CancellationToken.None))[0].Detail.ShouldBe(kept);
        (await Store.Deliveries.TimelineAsync(ended.After.Id, CancellationToken.None))[^1].Detail.ShouldBe(kept);
    }

    [Fact]
    public async Task Long_texts_and_payloads_come_back_whole()
    {
        var text = string.Concat(Enumerable.Repeat("0123456789abcd\ud83d\udc8c", 1 << 16));
        var claimed = World.Accept(World.Command("long", World.Request() with { Text = text }) with { Claim = World.Claim() });
        await World.CommittedAsync(claimed);
        var ended = await World.CommittedAsync(World.Ended(claimed, Histories.Accepted with { Conversation = text, Summary = text }));

        (await Store.Deliveries.FindAsync(null, ended.After.Id, CancellationToken.None))!.Request.Text.ShouldBe(text);
        var attempt = (await Store.Deliveries.AttemptsAsync(ended.After.Id, CancellationToken.None)).Single();
        attempt.Conversation.ShouldBe(text);
        attempt.Summary.ShouldBe(text);
    }

    [Fact]
    [Trait("Requirement", "D20")]
    public async Task Deleting_a_delivery_deletes_everything_of_it()
    {
        await PlayAsync("dead letter");
        await World.CommittedAsync(World.Accept("stays"));
        await Database.ExecuteAsync("DELETE FROM deliveries WHERE delivery_id = 'a'");

        foreach (var table in new[] { "delivery_payloads", "delivery_recipients", "delivery_events", "attempts", "dead_letters" })
        {
            (await Database.QueryAsync($"SELECT count(*) FROM {table} WHERE delivery_id = 'a'")).ShouldBe(["0"], table);
        }

        (await Database.QueryAsync("SELECT count(*) FROM delivery_recipients WHERE delivery_id = 'stays'")).ShouldBe(["3"]);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_reported_beside_its_neighbours()
    {
        await World.CommittedAsync(World.Accept("fine"));
        await World.CommittedAsync(World.Accept("odd"));
        await Database.ExecuteAsync("UPDATE deliveries SET status = 'levitating' WHERE delivery_id = 'odd'");

        var rows = await World.LoadAsync("odd", "fine", "absent");
        rows.Keys.ShouldBe(["odd", "fine"], ignoreOrder: true);
        rows["odd"].State.ShouldBeNull();
        rows["odd"].Unreadable!.Message.ShouldContain("levitating");
        rows["fine"].State.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_payload_that_cannot_be_read_is_left_out_and_its_neighbours_are_not()
    {
        var request = World.Request();
        await World.CommittedAsync(World.Accept("fine"));
        await World.CommittedAsync(World.Accept(World.Command("odd", request) with { Payload = "{ not json"u8.ToArray() }));
        await World.CommittedAsync(World.Accept(World.Command("empty", request) with { Payload = ReadOnlyMemory<byte>.Empty }));
        (await Store.Deliveries.PayloadsAsync(["odd", "empty", "fine"], CancellationToken.None)).Keys.ShouldBe(["fine"]);
    }

    private async Task<DeliveryChange> PlayAsync(string history, int steps = int.MaxValue)
    {
        DeliveryChange? last = null;
        foreach (var step in Histories.Of(history, World).Take(steps))
        {
            last = await World.CommittedAsync(step(last));
        }

        return last!;
    }

    private async Task<IEnumerable<string>> EventsAsync(string id) =>
        (await Store.Deliveries.TimelineAsync(new(id), CancellationToken.None)).Select(entry => entry.Event);
}
