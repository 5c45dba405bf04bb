using System.Globalization;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Orgs;

namespace Mailroom.Api.Emails;

/// <summary>A pause, and whose mail it keeps: <c>this org</c> or <c>all orgs</c>.</summary>
internal sealed record PausedBy(string Whose, OutboundPause Pause);

/// <summary>What became of a mail and why, what happens next and what to do, in sentences that need no knowledge of the system.</summary>
/// <param name="Code">A permanent word for programs.</param>
/// <param name="Words">The sentences.</param>
internal sealed record Verdict(string Code, string Words)
{
    /// <param name="state">Where the mail stands.</param>
    /// <param name="attempts">By number.</param>
    /// <param name="pause">What keeps it from being sent, as operators may know; null: nothing, or not to be told.</param>
    public static Verdict Of(DeliveryState state, IReadOnlyList<StoredAttempt> attempts, PausedBy? pause = null)
    {
        var last = attempts.Count == 0 ? null : attempts[^1];
        var ended = attempts.LastOrDefault(attempt => attempt.EndedAt is not null);
        return state.Status switch
        {
            DeliveryStatus.Scheduled => new("scheduled", $"Accepted, and waiting to be sent at {state.DueAt}."),
            DeliveryStatus.Queued or DeliveryStatus.Rendered when pause is not null => new(
                "paused",
                Join(
                    $"Accepted, and not sent, because outbound mail of {pause.Whose} is paused since {pause.Pause.Since} by {pause.Pause.By}: {pause.Pause.Reason.TrimEnd('.')}.",
                    Ended(ended), "It is sent when outbound mail is resumed.")),
            DeliveryStatus.Queued or DeliveryStatus.Rendered when ended is null => new("waiting", "Accepted, and waiting for its first attempt."),
            DeliveryStatus.Queued or DeliveryStatus.Rendered => new("retrying", $"Not sent yet. {Ended(ended)} The next attempt is due at {state.DueAt}."),
            DeliveryStatus.Sending => new("sending", $"Being sent: attempt {state.LastAttemptNo} is under way."),
            DeliveryStatus.Sent when NotTaken(state) is > 0 and var left => new(
                "partly_sent",
                $"{Host(last, "The next mail server")} took responsibility for {state.RecipientCount - left} of {state.RecipientCount} recipients; "
                + $"the others were refused and are not tried again. Each recipient has its own status. Correct what is wrong, then send again to those not sent."),
            DeliveryStatus.Sent => new(
                "sent", $"{Host(last, "The next mail server")} took responsibility for it. Whether it reached the mailbox is not known."),
            DeliveryStatus.Delivered => new("delivered", "It reached the recipient's mailbox, as the provider reported."),
            DeliveryStatus.Bounced => new(
                "bounced", "The next mail server took it, and reported later that it could not be delivered. Check the address before writing to it again."),
            DeliveryStatus.Complained => new("complained", "It reached the recipient, who reported it as unwanted. Do not write to this address again."),
            DeliveryStatus.Suppressed when ended is null => new(
                "suppressed", "Not sent: it was suppressed as it was accepted, for the reason that its timeline names. No attempt was made, and this is no failure."),
            DeliveryStatus.Suppressed => new(
                "suppressed", Join("Not sent, because the recipient is not to be written to.", Ended(ended), "It is not tried again, and this is no failure.")),
            DeliveryStatus.Failed => Failed(ended),
            DeliveryStatus.DeadLetter => new(
                "retries_exhausted",
                Join($"Not sent: {Count(state.AttemptsMade)} failed, and there are no more.", Ended(ended), "Correct the cause, then send it again.")),
            DeliveryStatus.Canceled => new("canceled", "Called back before it was sent."),
            DeliveryStatus.Expired => new("expired", Join("Not sent: its time ran out.", Ended(ended), "It is not tried again.")),
            DeliveryStatus.Uncertain => new(
                "outcome_unknown",
                "The connection was lost just when the mail may have been accepted, so nobody knows whether it was sent. It is held until somebody decides: "
                + "find out from the next mail server or the recipient, then settle it."),
            DeliveryStatus.Absent => throw new ArgumentOutOfRangeException(nameof(state), state.Status, "An absent delivery is never shown."),
            _ => throw new ArgumentOutOfRangeException(nameof(state), state.Status, "Not a delivery status."),
        };
    }

    private static Verdict Failed(StoredAttempt? ended) => ended switch
    {
        null => new("failed", "Not sent, and it will not be tried again."),
        { Status: AttemptStatus.RenderFailed } => new(
            "render_failed", Join("Not sent, and it will not be tried again.", Ended(ended), "Correct the template or its variables, then send it again.")),
        { Status: AttemptStatus.Uncertain } => new(
            "given_up", Join("Given up while nobody knows whether it was sent.", Ended(ended), "Ask the recipient before sending it again: it may have arrived.")),
        { Reason: "authentication_failed", ReplyCode: 0 } => new(
            "authentication_failed",
            $"Not delivered: no login to {Host(ended, "the next mail server")} was possible{Why(ended)}. It will not be tried again. Correct that, then send it again."),
        { Reason: "authentication_failed" } => new(
            "authentication_failed",
            $"Not delivered: {Host(ended, "the next mail server")} refused the login{Why(ended)}. It will not be tried again. Correct the user name and password, then send it again."),
        { Status: AttemptStatus.ProviderRejected } => new(
            "rejected",
            $"Not delivered: {Host(ended, "the next mail server")} refused it for good{Why(ended)}. It will not be tried again. Correct what the reply names, then send it again."),
        _ => new("failed", Join("Not sent, and it will not be tried again.", Ended(ended), "Correct the cause, then send it again.")),
    };

    /// <summary>Recipients that the next hop did not take, where they fared differently.</summary>
    private static int NotTaken(DeliveryState state) =>
        state.Recipients.Count(recipient => DeliveryState.IsOpen(recipient) || recipient is RecipientStatus.Failed or RecipientStatus.Suppressed);

    private static string Ended(StoredAttempt? attempt)
    {
        if (attempt is null)
        {
            return "";
        }

        var what = attempt.Status switch
        {
            AttemptStatus.ProviderAccepted => "was accepted for a part of the recipients",
            AttemptStatus.ProviderRejected => "was refused for good",
            AttemptStatus.TransportFailed => "could not be completed",
            AttemptStatus.TimedOut => "took too long",
            AttemptStatus.RenderFailed => "failed because the template could not be rendered",
            AttemptStatus.Interrupted => "was interrupted before the mail was handed over",
            AttemptStatus.Uncertain => "ended without a known result",
            AttemptStatus.Scheduled or AttemptStatus.InProgress => "is under way",
            _ => throw new ArgumentOutOfRangeException(nameof(attempt), attempt.Status, "Not an attempt's status."),
        };
        var host = attempt.RemoteHost is { Length: > 0 } name ? $" ({name})" : "";
        return $"Attempt {attempt.AttemptNo}{host} {what}{Why(attempt)}.";
    }

    private static string Why(StoredAttempt attempt) =>
        attempt.Summary is { Length: > 0 } summary ? ": " + summary.TrimEnd('.')
        : attempt.Reason is { Length: > 0 } reason ? $" ({reason})"
        : "";

    private static string Host(StoredAttempt? attempt, string otherwise) => attempt?.RemoteHost is { Length: > 0 } host ? $"{otherwise} ({host})" : otherwise;

    private static string Join(params ReadOnlySpan<string> sentences)
    {
        var all = new List<string>(sentences.Length);
        foreach (var sentence in sentences)
        {
            if (sentence.Length > 0)
            {
                all.Add(sentence);
            }
        }

        return string.Join(' ', all);
    }

    private static string Count(int attempts) => attempts == 1 ? "1 attempt" : attempts.ToString(CultureInfo.InvariantCulture) + " attempts";
}
