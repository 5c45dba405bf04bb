using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Defects;

/// <summary>Writes that are told of too early, or whose failure is misread.</summary>
internal sealed class DefectiveCommits(Defect defect, ICommitStore commits, SimProcess process) : ICommitStore
{
    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        if (batch.Any(IsHasty))
        {
            // What comes after these must not overtake them, so they are only as late as a process that dies needs them to be.
            process.After(TimeSpan.FromMilliseconds(20), () => _ = WriteLaterAsync([.. batch]));
            SayAll(batch, ChangeOutcome.Committed);
            return;
        }

        try
        {
            await commits.CommitAsync(batch, cancel).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (defect == Defect.UnknownTakenAsWritten)
        {
            SayAll(batch, ChangeOutcome.Committed);
        }
        catch (StoreUnavailableException) when (defect == Defect.UnknownTakenAsRefused || (defect == Defect.OutcomeDropped && batch.All(IsOutcome)))
        {
            SayAll(batch, ChangeOutcome.Poisoned);
        }
    }

    private bool IsHasty(Change change) => change is Change<DeliveryState, DeliveryEvent> write && (defect switch
    {
        Defect.ClaimNotRecorded => write.After.Status == DeliveryStatus.Sending && write.Before.Status != DeliveryStatus.Sending,
        Defect.AcknowledgedEarly => write.Before.Status == DeliveryStatus.Absent,
        _ => false,
    });

    private static bool IsOutcome(Change change) => change is Change<DeliveryState, DeliveryEvent> { Before.Status: DeliveryStatus.Sending };

    private async Task WriteLaterAsync(Change[] batch)
    {
        try
        {
            await commits.CommitAsync(batch, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // The defect: nobody hears of it.
        }
    }

    private static void SayAll(IReadOnlyList<Change> batch, ChangeOutcome outcome)
    {
        foreach (var change in batch)
        {
            change.Outcome = outcome;
        }
    }
}
