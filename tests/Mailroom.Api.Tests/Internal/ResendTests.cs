using System.Collections.Immutable;
using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Internal;

/// <summary>What operators do with one delivery.</summary>
public sealed class ResendTests : IAsyncLifetime
{
    private const string WithAttachment = """
        {"from":"a@example.com","to":["b@example.com","c@example.com"],"cc":"d@example.com","bcc":"e@example.com","subject":"s","text":"t",
         "attachments":[{"filename":"f.txt","content":"aGVsbG8="}],"on_uncertain":"hold"}
        """;

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    public static TheoryData<DeliveryStatus> Ended() => [.. Enum.GetValues<DeliveryStatus>().Where(status => status.IsTerminal())];

    public static TheoryData<DeliveryStatus> NotEnded() =>
        [.. Enum.GetValues<DeliveryStatus>().Where(status => status != DeliveryStatus.Absent && !status.IsTerminal())];

    [Theory]
    [MemberData(nameof(Ended))]
    [Trait("Requirement", "D08")]
    public async Task A_delivery_that_ended_is_cloned_with_its_attachments_and_stays_as_it_is(DeliveryStatus status)
    {
        var parent = await AcceptAsync(WithAttachment, status);
        var before = _edge.Mailroom.States().Single();
        var answer = await _edge.InsideAsync("POST", $"deliveries/{parent}/resend");

        answer.Status.ShouldBe(201, answer.Text);
        answer.Json.GetProperty("parent_id").GetString().ShouldBe(parent);
        var id = answer.Json.GetProperty("delivery_id").GetString()!;
        id.ShouldNotBe(parent);
        var states = _edge.Mailroom.States().ToDictionary(state => state.Id.Value);
        states[parent].ShouldBe(before);
        var clone = states[id];
        (clone.Source, clone.Parent, clone.Org, clone.OnUncertain, clone.RecipientCount).ShouldBe(("operator_resend", new DeliveryId(parent), OrgId.Default, UncertainPolicy.Hold, 4));
        PayloadCodec.Encode(_edge.Mailroom.RequestOf(id)).ShouldBe(PayloadCodec.Encode(_edge.Mailroom.RequestOf(parent)));
        Encoding.UTF8.GetString(_edge.Mailroom.RequestOf(id).Attachments.ShouldHaveSingleItem().Content.Span).ShouldBe("hello");

        var read = (await _edge.InsideAsync("GET", "deliveries/" + parent)).Json;
        read.GetProperty("repeats").EnumerateArray().Select(repeat => repeat.GetString()).ShouldBe([id]);
        (await _edge.InsideAsync("GET", "deliveries/" + id)).Json.GetProperty("parent_id").GetString().ShouldBe(parent);
    }

    [Theory]
    [MemberData(nameof(NotEnded))]
    [Trait("Requirement", "D08")]
    public async Task A_delivery_that_has_not_ended_is_refused(DeliveryStatus status)
    {
        var id = await AcceptAsync(Mails.Simple, status);
        (await _edge.InsideAsync("POST", $"deliveries/{id}/resend")).ShouldBeError(409, "not_terminal");
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task The_parents_expiry_is_not_the_clones()
    {
        var id = await AcceptAsync(Mails.Simple.Replace("}", ",\"expires_at\":\"2099-01-01T00:00:00Z\"}", StringComparison.Ordinal), DeliveryStatus.Expired);
        (await _edge.InsideAsync("POST", $"deliveries/{id}/resend")).Status.ShouldBe(201);
        _edge.Mailroom.Asked.Last().ExpiresAt.ShouldBeNull();
    }

    [Fact]
    [Trait("Requirement", "D08")]
    public async Task Only_those_not_written_to_are_written_to_where_that_is_asked_for()
    {
        var parent = await AcceptAsync(WithAttachment, DeliveryStatus.Sent);
        _edge.Mailroom.Replace(parent, state => state with
        {
            Recipients = ImmutableArray.Create(RecipientStatus.Sent, RecipientStatus.Failed, RecipientStatus.Suppressed, RecipientStatus.Pending),
        });
        var answer = await _edge.InsideAsync("POST", $"deliveries/{parent}/resend", """{"recipients":"unsent"}""");

        answer.Status.ShouldBe(201, answer.Text);
        var request = _edge.Mailroom.RequestOf(answer.Json.GetProperty("delivery_id").GetString()!);
        request.To.ShouldBe([new Mailbox("c@example.com")]);
        request.Cc.ShouldBeEmpty();
        request.Bcc.ShouldBe([new Mailbox("e@example.com")]);
        request.Attachments.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(DeliveryStatus.Sent, 409)]
    [InlineData(DeliveryStatus.Delivered, 409)]
    [InlineData(DeliveryStatus.Suppressed, 409)]
    [InlineData(DeliveryStatus.Failed, 201)]
    [InlineData(DeliveryStatus.DeadLetter, 201)]
    [InlineData(DeliveryStatus.Canceled, 201)]
    [InlineData(DeliveryStatus.Expired, 201)]
    public async Task Whom_nobody_is_left_of_is_told(DeliveryStatus status, int expected)
    {
        var id = await AcceptAsync(Mails.Simple, status);
        var answer = await _edge.InsideAsync("POST", $"deliveries/{id}/resend", """{"recipients":"unsent"}""");
        answer.Status.ShouldBe(expected, answer.Text);
        if (expected == 409)
        {
            answer.ShouldBeError(409, "nothing_unsent");
        }
    }

    [Fact]
    public async Task A_key_makes_a_repeated_resend_one()
    {
        var (first, second) = (await AcceptAsync(Mails.Simple, DeliveryStatus.Failed), await AcceptAsync(Mails.Simple, DeliveryStatus.Failed));
        var one = await _edge.InsideAsync("POST", $"deliveries/{first}/resend", idempotencyKey: "k");
        var again = await _edge.InsideAsync("POST", $"deliveries/{first}/resend", idempotencyKey: "k");

        (again.Status, again.Text).ShouldBe((201, one.Text));
        again.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        (await _edge.InsideAsync("POST", $"deliveries/{second}/resend", idempotencyKey: "k")).ShouldBeError(409, "idempotency_conflict");
        (await _edge.InsideAsync("POST", $"deliveries/{first}/resend", """{"recipients":"unsent"}""", "k")).ShouldBeError(409, "idempotency_conflict");
        _edge.Mailroom.Stored.ShouldBe(3);
    }

    [Theory]
    [InlineData("""{"recipients":"some"}""", "recipients")]
    [InlineData("""{"recipients":null}""", "recipients")]
    [InlineData("""{"to":"x@example.com"}""", "to")]
    public async Task A_wrong_body_is_400(string body, string field)
    {
        var id = await AcceptAsync(Mails.Simple, DeliveryStatus.Failed);
        (await _edge.InsideAsync("POST", $"deliveries/{id}/resend", body)).ShouldBeError(400, "invalid_request", field);
    }

    [Theory]
    [InlineData("resend", null)]
    [InlineData("cancel", null)]
    [InlineData("settle", """{"verdict":"was_sent"}""")]
    public async Task What_does_not_exist_is_404(string what, string? body) =>
        (await _edge.InsideAsync("POST", $"deliveries/does-not-exist/{what}", body)).ShouldBeError(404, "not_found");

    [Fact]
    public async Task A_waiting_delivery_is_called_back_under_the_operators_name()
    {
        var id = await _edge.AcceptAsync();
        var answer = await _edge.InsideAsync("POST", $"deliveries/{id}/cancel", """{"by":"jane","reason":null}""");
        (answer.Status, answer.Text).ShouldBe((200, $$"""{"delivery_id":"{{id}}","status":"canceled"}"""));

        (await _edge.InsideAsync("POST", $"deliveries/{id}/cancel")).Status.ShouldBe(200);
        var sent = await AcceptAsync(Mails.Simple, DeliveryStatus.Sent);
        (await _edge.InsideAsync("POST", $"deliveries/{sent}/cancel")).ShouldBeError(409, "already_final");
        var running = await AcceptAsync(Mails.Simple, DeliveryStatus.Sending);
        (await _edge.InsideAsync("POST", $"deliveries/{running}/cancel")).ShouldBeError(409, "in_flight");
    }

    [Theory]
    [InlineData("was_sent", "sent")]
    [InlineData("send_again", "queued")]
    [InlineData("give_up", "failed")]
    public async Task A_held_delivery_is_settled_and_the_same_verdict_again_changes_nothing(string verdict, string status)
    {
        var id = await AcceptAsync(Mails.Simple, DeliveryStatus.Uncertain);
        _edge.Mailroom.Replace(id, state => state with { LastAttempt = AttemptStatus.Uncertain, LastAttemptNo = 1 });
        for (var i = 0; i < 2; i++)
        {
            var answer = await _edge.InsideAsync("POST", $"deliveries/{id}/settle", $$"""{"verdict":"{{verdict}}","by":"jane"}""");
            (answer.Status, answer.Text).ShouldBe((200, $$"""{"delivery_id":"{{id}}","status":"{{status}}"}"""));
        }
    }

    [Fact]
    public async Task Only_a_held_delivery_can_be_settled_and_only_by_a_known_verdict()
    {
        var id = await _edge.AcceptAsync();
        (await _edge.InsideAsync("POST", $"deliveries/{id}/settle", """{"verdict":"was_sent"}""")).ShouldBeError(409, "not_uncertain");
        (await _edge.InsideAsync("POST", $"deliveries/{id}/settle", """{"verdict":"maybe"}""")).ShouldBeError(400, "invalid_request", "verdict");
        (await _edge.InsideAsync("POST", $"deliveries/{id}/settle", "{}")).ShouldBeError(400, "invalid_request", "verdict");
        _edge.Mailroom.AskInstead = NotDone.Late;
        (await _edge.InsideAsync("POST", $"deliveries/{id}/settle", """{"verdict":"was_sent"}""")).ShouldBeError(504, "outcome_unknown");
    }

    private async Task<string> AcceptAsync(string body, DeliveryStatus status)
    {
        var id = await _edge.AcceptAsync(body);
        _edge.Mailroom.Replace(id, state => state with { Status = status });
        return id;
    }
}
