using System.Collections.Immutable;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Internal;

public sealed class RedriveTests : IAsyncLifetime
{
    private const string Redrive = "dead-letters/redrive";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "C30")]
    public async Task Dead_letters_are_listed_newest_first_in_pages()
    {
        var ids = await DeadAsync(3);
        var first = (await _edge.InsideAsync("GET", "dead-letters?limit=2&source=api")).Json;
        var rest = (await _edge.InsideAsync("GET", "dead-letters?limit=2&source=api&cursor=" + first.GetProperty("next_cursor").GetString())).Json;

        Listed(first).Concat(Listed(rest)).ShouldBe(_edge.Mailroom.States().Select(state => state.Id.Value));
        ids.Count.ShouldBe(3);
        var letter = first.GetProperty("data")[0];
        letter.GetProperty("final_attempt_no").GetInt32().ShouldBe(4);
        letter.GetProperty("failure_classification").GetString().ShouldBe("smtp_deferred");
        letter.GetProperty("provider_summary").GetString().ShouldBe("451 later");
        letter.GetProperty("recovery_hint").GetString().ShouldNotBeNullOrEmpty();
        rest.GetProperty("has_more").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("not_repeated=maybe", "not_repeated")]
    [InlineData("status=dead_letter", "status")]
    [InlineData("limit=1000", "limit")]
    public async Task A_wrong_parameter_is_400(string query, string name) =>
        (await _edge.InsideAsync("GET", "dead-letters?" + query)).ShouldBeError(400, "invalid_request", name);

    [Fact]
    public async Task A_dry_run_counts_and_sends_nothing()
    {
        await DeadAsync(3);
        var answer = await _edge.InsideAsync("POST", Redrive, """{"dry_run":true,"org":"org_default","source":"api","since":"2020-01-01T00:00:00Z"}""");

        (answer.Status, answer.Text).ShouldBe((200, """{"count":3,"capped":false}"""));
        _edge.Mailroom.Stored.ShouldBe(3);
        var filter = _edge.Operators.LastFilter!;
        (filter.Org, filter.Source, filter.NotRepeated, filter.Since).ShouldBe(
            (OrgId.Default, "api", true, Instant.From(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero))));
    }

    [Fact]
    public async Task Each_is_sent_again_once_however_often_it_is_asked_for()
    {
        var ids = await DeadAsync(3);
        var first = (await _edge.InsideAsync("POST", Redrive, """{"limit":2}""")).Json;
        var second = (await _edge.InsideAsync("POST", Redrive, "{}")).Json;
        var third = (await _edge.InsideAsync("POST", Redrive, "{}")).Json;

        Counts(first).ShouldBe((2, 1));
        Counts(second).ShouldBe((1, 0));
        Counts(third).ShouldBe((0, 0));
        var clones = _edge.Mailroom.States().Where(state => state.Parent is not null).ToArray();
        clones.Select(clone => clone.Parent!.Value.Value).ShouldBe(ids, ignoreOrder: true);
        clones.ShouldAllBe(clone => clone.Source == "operator_resend");
        first.GetProperty("redriven").EnumerateArray().Concat(second.GetProperty("redriven").EnumerateArray())
            .Select(pair => pair.GetProperty("delivery_id").GetString()).ShouldBe(clones.Select(clone => clone.Id.Value), ignoreOrder: true);
    }

    [Fact]
    public async Task Two_operators_at_one_time_send_it_once()
    {
        var id = (await DeadAsync(1))[0];
        await _edge.InsideAsync("POST", Redrive, "{}");
        var clone = _edge.Mailroom.States().Single(state => state.Parent is not null).Id.Value;

        // As the second one saw it: not repeated yet.
        _edge.Mailroom.Replace(clone, state => state with { Parent = null });
        var second = await _edge.InsideAsync("POST", Redrive, "{}");

        second.Json.GetProperty("redriven").EnumerateArray().ShouldHaveSingleItem().GetProperty("delivery_id").GetString().ShouldBe(clone);
        _edge.Mailroom.Stored.ShouldBe(2);
        _edge.Mailroom.Asked.Last().IdempotencyKey.ShouldBe("redrive:" + id);
    }

    [Fact]
    public async Task Who_has_the_mail_does_not_get_it_twice_and_what_cannot_be_sent_is_told()
    {
        var ids = await DeadAsync(2);
        _edge.Mailroom.Replace(ids[0], state => state with { Recipients = ImmutableArray.Create(RecipientStatus.Sent, RecipientStatus.Pending) });
        _edge.Mailroom.Replace(ids[1], state => state with { Recipients = ImmutableArray.Create(RecipientStatus.Sent, RecipientStatus.Suppressed) });
        var answer = (await _edge.InsideAsync("POST", Redrive, "{}")).Json;

        var clone = answer.GetProperty("redriven").EnumerateArray().ShouldHaveSingleItem();
        clone.GetProperty("parent_id").GetString().ShouldBe(ids[0]);
        _edge.Mailroom.RequestOf(clone.GetProperty("delivery_id").GetString()!).To.ShouldBe([new Mailbox("c@example.com")]);
        var left = answer.GetProperty("left_out").EnumerateArray().ShouldHaveSingleItem();
        (left.GetProperty("delivery_id").GetString(), left.GetProperty("code").GetString()).ShouldBe((ids[1], "nothing_unsent"));
    }

    [Fact]
    public async Task A_busy_intake_ends_it_and_the_rest_is_left_for_the_next_time()
    {
        await DeadAsync(20);
        _edge.Mailroom.Instead = _ => NotDone.Busy;
        var answer = (await _edge.InsideAsync("POST", Redrive, "{}")).Json;

        Counts(answer).ShouldBe((0, 20));
        var left = answer.GetProperty("left_out").EnumerateArray().ToArray();
        left.Length.ShouldBeInRange(1, 8);
        left.ShouldAllBe(one => one.GetProperty("code").GetString() == "busy");

        _edge.Mailroom.Instead = null;
        Counts((await _edge.InsideAsync("POST", Redrive, "{}")).Json).ShouldBe((20, 0));
    }

    [Theory]
    [InlineData("""{"limit":0}""", "limit")]
    [InlineData("""{"limit":1001}""", "limit")]
    [InlineData("""{"limit":"all"}""", "limit")]
    [InlineData("""{"limit":[1]}""", "limit")]
    [InlineData("""{"dry_run":"yes"}""", "dry_run")]
    [InlineData("""{"dry_run":1}""", "dry_run")]
    [InlineData("""{"org":"a b"}""", "org")]
    [InlineData("""{"since":"yesterday"}""", "since")]
    [InlineData("""{"dryrun":true}""", "dryrun")]
    public async Task A_wrong_body_sends_nothing(string body, string field)
    {
        await DeadAsync(1);
        (await _edge.InsideAsync("POST", Redrive, body)).ShouldBeError(400, "invalid_request", field);
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    private static (int Count, int Remaining) Counts(JsonElement answer) => (answer.GetProperty("count").GetInt32(), answer.GetProperty("remaining").GetInt32());

    private static IEnumerable<string> Listed(JsonElement page) => page.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("delivery_id").GetString()!);

    private async Task<IReadOnlyList<string>> DeadAsync(int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add(await _edge.AcceptAsync("""{"from":"a@example.com","to":["b@example.com","c@example.com"],"subject":"s","text":"t"}"""));
            DeliveryListTests.Die(_edge, ids[i]);
        }

        return ids;
    }
}
