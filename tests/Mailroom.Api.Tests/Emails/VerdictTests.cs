using System.Collections.Immutable;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Tests.Emails;

/// <summary>What a person reads who asks why a mail did not arrive.</summary>
public sealed class VerdictTests
{
    private static readonly Instant Now = Instant.From(new DateTimeOffset(2026, 1, 31, 9, 30, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(DeliveryStatus.Scheduled, null, "scheduled", "Accepted, and waiting to be sent at 2026-01-31T09:30:00.000Z.")]
    [InlineData(DeliveryStatus.Queued, null, "waiting", "Accepted, and waiting for its first attempt.")]
    [InlineData(DeliveryStatus.Queued, AttemptStatus.TransportFailed, "retrying",
        "Not sent yet. Attempt 1 (mx.example.com) could not be completed: 451 later. The next attempt is due at 2026-01-31T09:30:00.000Z.")]
    [InlineData(DeliveryStatus.Rendered, AttemptStatus.TimedOut, "retrying",
        "Not sent yet. Attempt 1 (mx.example.com) took too long: 451 later. The next attempt is due at 2026-01-31T09:30:00.000Z.")]
    [InlineData(DeliveryStatus.Sending, null, "sending", "Being sent: attempt 1 is under way.")]
    [InlineData(DeliveryStatus.Sent, AttemptStatus.ProviderAccepted, "sent",
        "The next mail server (mx.example.com) took responsibility for it. Whether it reached the mailbox is not known.")]
    [InlineData(DeliveryStatus.Delivered, AttemptStatus.ProviderAccepted, "delivered", "It reached the recipient's mailbox, as the provider reported.")]
    [InlineData(DeliveryStatus.Bounced, AttemptStatus.ProviderAccepted, "bounced",
        "The next mail server took it, and reported later that it could not be delivered. Check the address before writing to it again.")]
    [InlineData(DeliveryStatus.Complained, AttemptStatus.ProviderAccepted, "complained",
        "It reached the recipient, who reported it as unwanted. Do not write to this address again.")]
    [InlineData(DeliveryStatus.Suppressed, null, "suppressed",
        "Not sent: it was suppressed as it was accepted, for the reason that its timeline names. No attempt was made, and this is no failure.")]
    [InlineData(DeliveryStatus.Suppressed, AttemptStatus.ProviderRejected, "suppressed",
        "Not sent, because the recipient is not to be written to. Attempt 1 (mx.example.com) was refused for good: 451 later. It is not tried again, and this is no failure.")]
    [InlineData(DeliveryStatus.Failed, AttemptStatus.ProviderRejected, "rejected",
        "Not delivered: the next mail server (mx.example.com) refused it for good: 451 later. It will not be tried again. Correct what the reply names, then send it again.")]
    [InlineData(DeliveryStatus.Failed, AttemptStatus.RenderFailed, "render_failed",
        "Not sent, and it will not be tried again. Attempt 1 (mx.example.com) failed because the template could not be rendered: 451 later. Correct the template or its variables, then send it again.")]
    [InlineData(DeliveryStatus.Failed, AttemptStatus.Uncertain, "given_up",
        "Given up while nobody knows whether it was sent. Attempt 1 (mx.example.com) ended without a known result: 451 later. Ask the recipient before sending it again: it may have arrived.")]
    [InlineData(DeliveryStatus.Failed, null, "failed", "Not sent, and it will not be tried again.")]
    [InlineData(DeliveryStatus.DeadLetter, AttemptStatus.TimedOut, "retries_exhausted",
        "Not sent: 4 attempts failed, and there are no more. Attempt 1 (mx.example.com) took too long: 451 later. Correct the cause, then send it again.")]
    [InlineData(DeliveryStatus.Canceled, null, "canceled", "Called back before it was sent.")]
    [InlineData(DeliveryStatus.Expired, AttemptStatus.Interrupted, "expired",
        "Not sent: its time ran out. Attempt 1 (mx.example.com) was interrupted before the mail was handed over: 451 later. It is not tried again.")]
    [InlineData(DeliveryStatus.Uncertain, AttemptStatus.Uncertain, "outcome_unknown",
        "The connection was lost just when the mail may have been accepted, so nobody knows whether it was sent. It is held until somebody decides: find out from the next mail server or the recipient, then settle it.")]
    public void Each_end_is_told_with_its_cause_and_what_to_do(DeliveryStatus status, AttemptStatus? attempt, string code, string words)
    {
        var state = new DeliveryState { Status = status, AttemptsMade = 4, LastAttemptNo = 1, RecipientCount = 1, DueAt = Now };
        Verdict.Of(state, attempt is { } ended ? [Attempt(ended)] : []).ShouldBe(new Verdict(code, words));
    }

    [Fact]
    public void A_login_that_the_next_hop_refused_is_named_as_such()
    {
        var verdict = Verdict.Of(
            new DeliveryState { Status = DeliveryStatus.Failed }, [Attempt(AttemptStatus.ProviderRejected) with { Reason = "authentication_failed", Summary = "535 5.7.8 no" }]);
        verdict.Code.ShouldBe("authentication_failed");
        verdict.Words.ShouldBe(
            "Not delivered: the next mail server (mx.example.com) refused the login: 535 5.7.8 no. It will not be tried again. Correct the user name and password, then send it again.");
    }

    [Fact]
    public void A_login_that_the_next_hop_does_not_offer_is_not_blamed_on_the_password()
    {
        var verdict = Verdict.Of(
            new DeliveryState { Status = DeliveryStatus.Failed },
            [Attempt(AttemptStatus.ProviderRejected) with { Reason = "authentication_failed", ReplyCode = 0, Summary = "it offers GSSAPI alone" }]);
        verdict.Code.ShouldBe("authentication_failed");
        verdict.Words.ShouldBe(
            "Not delivered: no login to the next mail server (mx.example.com) was possible: it offers GSSAPI alone. It will not be tried again. Correct that, then send it again.");
    }

    [Fact]
    public void A_mail_that_only_some_recipients_get_is_not_told_as_sent()
    {
        var state = new DeliveryState
        {
            Status = DeliveryStatus.Sent, RecipientCount = 3,
            Recipients = ImmutableArray.Create(RecipientStatus.Sent, RecipientStatus.Failed, RecipientStatus.Sent),
        };
        var verdict = Verdict.Of(state, [Attempt(AttemptStatus.ProviderAccepted)]);
        verdict.Code.ShouldBe("partly_sent");
        verdict.Words.ShouldStartWith("The next mail server (mx.example.com) took responsibility for 2 of 3 recipients; the others were refused");
    }

    [Fact]
    public void Every_status_with_every_end_of_an_attempt_reads_well()
    {
        foreach (var status in Enum.GetValues<DeliveryStatus>().Where(status => status != DeliveryStatus.Absent))
        {
            foreach (var attempt in Enum.GetValues<AttemptStatus>())
            {
                foreach (var stored in new[] { Attempt(attempt), Attempt(attempt) with { Summary = null }, Attempt(attempt) with { Summary = null, Reason = null, RemoteHost = null } })
                {
                    var words = Verdict.Of(new DeliveryState { Status = status, AttemptsMade = 1, DueAt = Now }, [stored]).Words;
                    words.ShouldEndWith(".");
                    words.ShouldNotContain("  ");
                    words.ShouldNotContain("..");
                    words.ShouldNotContain(" .");
                }
            }
        }
    }

    private static StoredAttempt Attempt(AttemptStatus status) =>
        new(1, status, true, Now, Now, "reason", 451, null, "451 later.", "mx.example.com", null, null);
}
