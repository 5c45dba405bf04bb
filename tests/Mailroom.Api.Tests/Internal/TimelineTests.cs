using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Internal;

public sealed class TimelineTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "C31")]
    public async Task Everything_from_the_intake_to_the_providers_last_word_is_told_with_the_replies_and_a_verdict()
    {
        var id = await _edge.AcceptAsync();
        Attempt(id, 1, new AttemptReport
        {
            Status = AttemptStatus.TransportFailed, Reason = "smtp_deferred", ReplyCode = 451, EnhancedCode = "4.3.0", Summary = "451 4.3.0 try later", RemoteHost = "mx.example.com",
        });
        _edge.Mailroom.Replace(id, state => state with { DueAt = Instant.Epoch });
        Attempt(id, 2, new AttemptReport { Status = AttemptStatus.ProviderAccepted, ReplyCode = 250, Summary = "250 ok", RemoteHost = "mx.example.com", Provider = "smtp" });
        _edge.Mailroom.Tell(id, new ProviderReported(DeliveryStatus.Bounced, [], "mailbox full"));
        var answer = await _edge.InsideAsync("GET", $"deliveries/{id}/timeline");

        answer.Status.ShouldBe(200, answer.Text);
        var timeline = answer.Json;
        timeline.GetProperty("delivery_id").GetString().ShouldBe(id);
        timeline.GetProperty("status").GetString().ShouldBe("bounced");
        timeline.GetProperty("verdict_code").GetString().ShouldBe("bounced");
        timeline.GetProperty("verdict").GetString().ShouldStartWith("The next mail server took it, and reported later that it could not be delivered.");
        timeline.GetProperty("events").EnumerateArray().Select(entry => entry.GetProperty("event").GetString()).ShouldBe(
            ["accepted", "attempt_started", "attempt_ended", "retry_scheduled", "attempt_started", "attempt_ended", "sent", "provider_bounced"]);
        timeline.GetProperty("attempts").EnumerateArray().Select(attempt => (attempt.GetProperty("status").GetString(), attempt.GetProperty("provider_summary").GetString()))
            .ShouldBe([("transport_failed", "451 4.3.0 try later"), ("provider_accepted", "250 ok")]);
        timeline.GetProperty("attempts")[1].GetProperty("provider").GetString().ShouldBe("smtp");
    }

    [Fact]
    public async Task A_delivery_that_just_came_has_a_timeline_too()
    {
        var timeline = (await _edge.InsideAsync("GET", $"deliveries/{await _edge.AcceptAsync()}/timeline")).Json;
        timeline.GetProperty("verdict_code").GetString().ShouldBe("waiting");
        timeline.GetProperty("attempts").GetArrayLength().ShouldBe(0);
        timeline.GetProperty("events")[0].GetProperty("detail").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("org_default", "this org")]
    [InlineData("org_all", "all orgs")]
    [Trait("Requirement", "B34")]
    public async Task A_mail_that_a_pause_keeps_says_so(string paused, string whose)
    {
        var id = await _edge.AcceptAsync();
        _edge.Orgs[paused] = _edge.Orgs[paused] with { Pause = new("jane", "The relay is being moved.", Instant.Epoch) };

        var timeline = (await _edge.InsideAsync("GET", $"deliveries/{id}/timeline")).Json;

        timeline.GetProperty("verdict_code").GetString().ShouldBe("paused");
        timeline.GetProperty("verdict").GetString().ShouldBe(
            $"Accepted, and not sent, because outbound mail of {whose} is paused since {Instant.Epoch} by jane: The relay is being moved. It is sent when outbound mail is resumed.");
    }

    private void Attempt(string id, int number, AttemptReport report)
    {
        var token = new ClaimToken(1, number);
        _edge.Mailroom.Tell(id, new ClaimAttempt(new Claim(token, TimeProvider.System.Now() + TimeSpan.FromMinutes(1)))).ShouldBeOfType<Claimed>();
        _edge.Mailroom.Tell(id, new AttemptFinished(token, report, RetryLadder.Default));
    }
}
