using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Changes;

/// <summary>The one record of a delivery whose ladder is exhausted (C34).</summary>
internal sealed record DeadLetter(int FinalAttemptNo, string FailureClassification, string? ProviderSummary, Instant CreatedAt, string RecoveryHint)
{
    /// <summary>The change's dead letter, or null.</summary>
    public static DeadLetter? Of(DeliveryChange change, AttemptEnded? end)
    {
        foreach (var happened in change.Events)
        {
            if (happened is DeliveryDeadLettered dead)
            {
                return new(
                    change.After.LastAttemptNo, StoredText.Clean(dead.Reason)!, StoredText.Clean(end?.Report.Summary), dead.OccurredAt, Hint(change.After.LastAttempt));
            }
        }

        return null;
    }

    private static string Hint(AttemptStatus? last) => last switch
    {
        AttemptStatus.TimedOut => "The provider did not answer in time: check that it is reachable and not overloaded, then redrive.",
        AttemptStatus.Uncertain => "The mail may have been accepted: ask the recipient or the provider before it is sent again.",
        _ => "The provider could not take the mail: read its last words, remove the cause, then redrive.",
    };
}
