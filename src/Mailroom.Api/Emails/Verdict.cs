using System.Globalization;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Emails;

/// <summary>What became of a mail and why, in a sentence or two that need no knowledge of the system.</summary>
internal static class Verdict
{
    public static string Of(DeliveryState state, IReadOnlyList<StoredAttempt> attempts)
    {
        var last = attempts.Count == 0 ? null : attempts[^1];
        var ended = attempts.LastOrDefault(attempt => attempt.EndedAt is not null);
        return state.Status switch
        {
            DeliveryStatus.Scheduled => $"Accepted, and waiting to be sent at {state.DueAt}.",
            DeliveryStatus.Queued or DeliveryStatus.Rendered when ended is null => "Accepted, and waiting for its first attempt.",
            DeliveryStatus.Queued or DeliveryStatus.Rendered => $"Not sent yet. {Ended(ended)} The next attempt is due at {state.DueAt}.",
            DeliveryStatus.Sending => $"Being sent: attempt {state.LastAttemptNo} is under way.",
            DeliveryStatus.Sent => $"The next mail server{Host(last)} took responsibility for it. Whether it reached the mailbox is not known.",
            DeliveryStatus.Delivered => "It reached the recipient's mailbox, as the provider reported.",
            DeliveryStatus.Bounced => "The next mail server took it, and reported later that it could not be delivered.",
            DeliveryStatus.Complained => "It reached the recipient, who reported it as unwanted.",
            DeliveryStatus.Suppressed => $"Not sent, because the recipient is not to be written to. {Ended(ended)}".TrimEnd(),
            DeliveryStatus.Failed => $"Not sent, and it will not be tried again. {Ended(ended)}".TrimEnd(),
            DeliveryStatus.DeadLetter => $"Not sent: {Count(state.AttemptsMade)} failed, and there are no more. {Ended(ended)}".TrimEnd(),
            DeliveryStatus.Canceled => "Called back before it was sent.",
            DeliveryStatus.Expired => $"Not sent: its time ran out. {Ended(ended)}".TrimEnd(),
            DeliveryStatus.Uncertain => "The connection was lost just when the mail may have been accepted, so nobody knows whether it was sent. It is held until somebody decides.",
            DeliveryStatus.Absent => throw new ArgumentOutOfRangeException(nameof(state), state.Status, "An absent delivery is never shown."),
            _ => throw new ArgumentOutOfRangeException(nameof(state), state.Status, "Not a delivery status."),
        };
    }

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
            AttemptStatus.Interrupted => "was interrupted by a restart",
            AttemptStatus.Uncertain => "ended without a known result",
            AttemptStatus.Scheduled or AttemptStatus.InProgress => "is under way",
            _ => throw new ArgumentOutOfRangeException(nameof(attempt), attempt.Status, "Not an attempt's status."),
        };
        return $"Attempt {attempt.AttemptNo}{Host(attempt)} {what}{Why(attempt)}.";
    }

    private static string Why(StoredAttempt attempt) =>
        attempt.Summary is { Length: > 0 } summary ? ": " + summary.TrimEnd('.')
        : attempt.Reason is { Length: > 0 } reason ? $" ({reason})"
        : "";

    private static string Host(StoredAttempt? attempt) => attempt?.RemoteHost is { Length: > 0 } host ? $" ({host})" : "";

    private static string Count(int attempts) => attempts == 1 ? "1 attempt" : attempts.ToString(CultureInfo.InvariantCulture) + " attempts";
}
