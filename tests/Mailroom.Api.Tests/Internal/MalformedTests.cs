using System.Text;
using System.Text.Json;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;

namespace Mailroom.Api.Tests.Internal;

public sealed class MalformedTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "C50")]
    public async Task A_refused_entry_is_shown_with_its_fields_code_id_and_time()
    {
        Add(1, "invalid_payload", "notification", """{"payload_json":"{","source":"notification"}""");
        var item = (await _edge.InsideAsync("GET", "malformed-commands")).Json.GetProperty("data").EnumerateArray().ShouldHaveSingleItem();

        item.GetProperty("number").GetInt64().ShouldBe(1);
        item.GetProperty("stream").GetString().ShouldBe("mail:delivery_commands");
        item.GetProperty("stream_entry_id").GetString().ShouldBe("1700000000000-1");
        item.GetProperty("recorded_at").GetString().ShouldBe("1970-01-01T00:00:01.000Z");
        item.GetProperty("failure_code").GetString().ShouldBe("invalid_payload");
        item.GetProperty("failure_message").GetString().ShouldBe("payload_json is not JSON");
        item.GetProperty("delivery_id").GetString().ShouldBe("mail-1");
        item.GetProperty("source").GetString().ShouldBe("notification");
        item.GetProperty("raw_fields").GetProperty("payload_json").GetString().ShouldBe("{");
        item.GetProperty("raw_truncated").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"payload_json\":\"cut of")]
    [InlineData("{} {}")]
    public async Task Fields_that_are_not_whole_json_are_shown_as_text(string raw)
    {
        Add(1, "too_large", "notification", raw);
        var answer = await _edge.InsideAsync("GET", "malformed-commands");
        answer.Status.ShouldBe(200, answer.Text);
        var shown = answer.Json.GetProperty("data")[0].GetProperty("raw_fields");
        shown.ValueKind.ShouldBe(JsonValueKind.String);
        shown.GetString().ShouldBe(raw);
    }

    [Theory]
    [InlineData("", "4,3,2,1")]
    [InlineData("failure_code=invalid_payload", "3,1")]
    [InlineData("source=auth", "4")]
    [InlineData("since=1970-01-01T00:00:03Z", "4,3")]
    [InlineData("stream=other", "")]
    [Trait("Requirement", "C50")]
    public async Task Filters_narrow_and_pages_follow_the_numbers(string query, string numbers)
    {
        Add(1, "invalid_payload", "notification", "{}");
        Add(2, "unknown_template", "notification", "{}");
        Add(3, "invalid_payload", "notification", "{}");
        Add(4, "unknown_template", "auth", "{}");
        var seen = new List<long>();
        var cursor = "";
        do
        {
            var page = (await _edge.InsideAsync("GET", $"malformed-commands?limit=1&{query}{cursor}")).Json;
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("number").GetInt64()));
            cursor = page.GetProperty("has_more").GetBoolean() ? "&cursor=" + page.GetProperty("next_cursor").GetString() : "";
        }
        while (cursor.Length > 0);

        string.Join(',', seen).ShouldBe(numbers);
    }

    [Theory]
    [InlineData("cursor=bm9uc2Vuc2U", "cursor")]
    [InlineData("since=now", "since")]
    [InlineData("code=x", "code")]
    public async Task A_wrong_parameter_is_400(string query, string name) =>
        (await _edge.InsideAsync("GET", "malformed-commands?" + query)).ShouldBeError(400, "invalid_request", name);

    private void Add(long number, string code, string source, string raw) => _edge.Operators.Malformed.Add(new(number, new MalformedCommand(
        "mail:delivery_commands", new(1_700_000_000_000, (ulong)number), new Instant(number * 1000), code, "payload_json is not JSON", "mail-" + number, source,
        Encoding.UTF8.GetBytes(raw), false)));
}
