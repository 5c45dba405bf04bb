using Mailroom.Actors.Deliveries;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Changes;

/// <summary>What a change says of one recipient.</summary>
internal readonly record struct RecipientWrite(int Position, RecipientStatus Status, string? Detail)
{
    /// <summary>
    /// The recipients that a change speaks of, each once: the status is the one that counts after it, the detail that of the
    /// word which set it. Positions outside the envelope are left out.
    /// </summary>
    public static IReadOnlyList<RecipientWrite> Of(DeliveryChange change)
    {
        if (change.After.Recipients.IsEmpty)
        {
            return [];
        }

        SortedDictionary<int, RecipientWrite>? writes = null;
        foreach (var happened in change.Events)
        {
            foreach (var outcome in Outcomes(happened))
            {
                if ((uint)outcome.Position < (uint)change.After.Recipients.Length && change.After.Recipients[outcome.Position] == outcome.Status)
                {
                    writes ??= [];
                    writes[outcome.Position] = new(outcome.Position, outcome.Status, StoredText.Clean(outcome.Detail));
                }
            }
        }

        return writes is null ? [] : [.. writes.Values];
    }

    private static IReadOnlyList<RecipientOutcome> Outcomes(DeliveryEvent happened) => happened switch
    {
        AttemptEnded ended => ended.Report.Recipients,
        ProviderWordRecorded word => word.Recipients,
        _ => [],
    };
}
