using System.Text;
using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Internal;

public sealed class DeliveryListTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "D07")]
    public async Task Pages_go_from_the_newest_to_the_oldest_and_hold_each_delivery_once()
    {
        // Three of one millisecond, so that the id has to decide.
        var ids = await AcceptAsync(7);
        foreach (var (id, at) in ids.Zip([1, 2, 3, 3, 3, 4, 5]))
        {
            _edge.Mailroom.Replace(id, state => state with { CreatedAt = new Instant(1_700_000_000_000 + at) });
        }

        var seen = new List<string>();
        var cursor = "";
        do
        {
            var page = await _edge.InsideAsync("GET", "deliveries?limit=2" + cursor);
            page.Status.ShouldBe(200, page.Text);
            seen.AddRange(page.Json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            var next = page.Json.GetProperty("next_cursor");
            page.Json.GetProperty("has_more").GetBoolean().ShouldBe(next.ValueKind == JsonValueKind.String);
            cursor = next.ValueKind == JsonValueKind.String ? "&cursor=" + next.GetString() : "";
        }
        while (cursor.Length > 0);

        seen.ShouldBe(_edge.Mailroom.States().Select(state => state.Id.Value));
        seen.Count.ShouldBe(7);
    }

    [Fact]
    [Trait("Requirement", "D07")]
    public async Task The_cursor_is_the_last_items_time_and_id()
    {
        var ids = await AcceptAsync(2);
        _edge.Mailroom.Replace(ids[1], state => state with { CreatedAt = new Instant(1_800_000_000_123) });
        var page = await _edge.InsideAsync("GET", "deliveries?limit=1");
        var cursor = page.Json.GetProperty("next_cursor").GetString()!;
        Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(cursor)).ShouldBe("1800000000123:" + ids[1]);
    }

    [Theory]
    [InlineData("status=canceled", "b")]
    [InlineData("source=api", "ab")]
    [InlineData("source=notification", "")]
    [InlineData("org=org_default", "ab")]
    [InlineData("org=org_other", "")]
    [InlineData("recipient=B@EXAMPLE.com", "b")]
    [InlineData("recipient=b@example.com&status=queued", "")]
    [InlineData("template=welcome", "a")]
    [InlineData("since=2099-01-01T00:00:00Z", "")]
    [InlineData("until=2099-01-01T00:00:00Z", "ab")]
    [Trait("Requirement", "D07")]
    public async Task Each_filter_narrows_the_list(string query, string expected)
    {
        var a = await _edge.AcceptAsync("""{"from":"x@example.com","to":"a@example.com","template":{"id":"welcome","variables":{}}}""");
        var b = await _edge.AcceptAsync("""{"from":"x@example.com","to":"c@example.com","bcc":"b@example.com","subject":"s","text":"t"}""");
        (await _edge.InsideAsync("POST", $"deliveries/{b}/cancel")).Status.ShouldBe(200);
        var answer = await _edge.InsideAsync("GET", "deliveries?" + query);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString())
            .ShouldBe(expected.Select(letter => letter == 'a' ? a : b), ignoreOrder: true);
    }

    [Theory]
    [InlineData("status=lost", "status")]
    [InlineData("status=absent", "status")]
    [InlineData("status=sent&status=queued", "status")]
    [InlineData("org=a%20b", "org")]
    [InlineData("source=", "source")]
    [InlineData("since=yesterday", "since")]
    [InlineData("until=2026-01-01", "until")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=x", "limit")]
    [InlineData("cursor=!", "cursor")]
    [InlineData("cursor=bm9uc2Vuc2U", "cursor")]
    [InlineData("cursor=OTk5OTk5OTk5OTk5OTk5OTk5OmE", "cursor")]
    [InlineData("staus=sent", "staus")]
    [InlineData("recipient=a%0Ab", "recipient")]
    [Trait("Requirement", "D07")]
    public async Task A_parameter_that_is_wrong_or_unknown_is_400_and_named(string query, string name) =>
        (await _edge.InsideAsync("GET", "deliveries?" + query)).ShouldBeError(400, "invalid_request", name);

    [Fact]
    [Trait("Requirement", "C30")]
    public async Task Dead_letters_are_found_by_their_status_with_what_their_attempts_said()
    {
        var id = await _edge.AcceptAsync();
        Die(_edge, id);
        _edge.Mailroom.AddAttempt(id, new(4, AttemptStatus.TimedOut, true, Instant.Epoch, new Instant(15_000), "smtp_timeout", 0, null, "no answer", "mx.example.com", null, null));

        var listed = await _edge.InsideAsync("GET", "deliveries?status=dead_letter");
        listed.Json.GetProperty("data").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe(id);
        var attempt = (await _edge.InsideAsync("GET", $"deliveries/{id}/attempts")).Json.GetProperty("attempts").EnumerateArray().ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe("timed_out");
        attempt.GetProperty("provider_summary").GetString().ShouldBe("no answer");
    }

    internal static void Die(Edge edge, string id) =>
        edge.Mailroom.Replace(id, state => state with { Status = DeliveryStatus.DeadLetter, DueAt = null, LastAttemptNo = 4, AttemptsMade = 4, LastAttempt = AttemptStatus.TimedOut });

    private async Task<IReadOnlyList<string>> AcceptAsync(int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await _edge.AcceptAsync());
        }

        return ids;
    }
}
