using Mailroom.Actors.Deliveries;
using Mailroom.Simulation.Store;

namespace Mailroom.Simulation.Checking;

/// <summary>G1 and G2 over the whole history, once all is settled.</summary>
internal sealed class EndChecks(DatabaseServer database, StoreAudit store, Ledger ledger, Findings findings)
{
    /// <summary>Mails that the server took more than once, each time too often explained by an attempt whose outcome nobody knew.</summary>
    public int CopiesExplained { get; private set; }

    /// <summary>Copies by the incarnation whose loss explains them.</summary>
    public Dictionary<long, int> CopiesByLoss { get; } = [];

    public void Run()
    {
        foreach (var (id, at) in ledger.Acknowledged)
        {
            if (database.Deliveries[id] is null)
            {
                findings.Add(Broken.Loss, id, $"Acknowledged at {at.TotalSeconds:F4} s and not there.");
            }
        }

        foreach (var row in database.Deliveries.Rows)
        {
            CheckEnd(row.Id, row.State);
            CheckCopies(row.Id);
        }

        CheckDeadLetters();
    }

    /// <summary>A dead process may leave at most so many copies.</summary>
    public void CheckBound(long incarnation, int bound)
    {
        if (CopiesByLoss.GetValueOrDefault(incarnation) is var copies && copies > bound)
        {
            findings.Add(Broken.Copy, null, $"The loss of incarnation {incarnation} left {copies} copies; {bound} calls were under way or not yet recorded.");
        }
    }

    private void CheckEnd(string id, DeliveryState state)
    {
        if (!state.Status.IsTerminal() && state.Status != DeliveryStatus.Uncertain)
        {
            findings.Add(Broken.Loss, id, $"Still {state.Status.Name()} after the quiet time; due {state.DueAt}, attempt {state.LastAttemptNo}.");
            return;
        }

        if (state.Status.Severity() == 0 || store.SettledAsSent.Contains(id))
        {
            return;
        }

        var taken = ledger.CallsOf(id).SelectMany(call => call.Taken).ToHashSet();
        for (var position = 0; position < state.RecipientCount; position++)
        {
            var isSent = state.Recipients.IsEmpty || state.Recipients[position] == RecipientStatus.Sent;
            if (isSent && !taken.Contains(position))
            {
                findings.Add(Broken.Loss, id, $"Recorded as {state.Status.Name()}, and no server ever took it for recipient {position}.");
            }
        }
    }

    private void CheckCopies(string id)
    {
        var calls = ledger.CallsOf(id);
        if (calls.Count < 2)
        {
            return;
        }

        foreach (var takes in calls.SelectMany(call => call.Taken.Select(position => (position, call))).GroupBy(take => take.position, take => take.call))
        {
            var explained = takes.Where(call => store.Attempt(id, call.AttemptNo)?.ExplainsCopy == true).ToList();
            var all = takes.Count();
            if (all - explained.Count > 1)
            {
                findings.Add(Broken.Copy, id, $"Recipient {takes.Key} has {all} copies, of attempts {string.Join(", ", takes.Select(Describe))}.");
            }

            CopiesExplained += Math.Min(all - 1, explained.Count);
            foreach (var lost in explained.Take(all - 1).Where(call => store.Attempt(id, call.AttemptNo)!.EndedByLoss && takes.Key == 0))
            {
                var incarnation = store.Attempt(id, lost.AttemptNo)!.Incarnation;
                CopiesByLoss[incarnation] = CopiesByLoss.GetValueOrDefault(incarnation) + 1;
            }
        }

        string Describe(CallRecord call) => $"{call.AttemptNo} ({store.Attempt(id, call.AttemptNo)?.Report?.Status.Name() ?? "not recorded"})";
    }

    private void CheckDeadLetters()
    {
        var letters = database.Deliveries.DeadLetters;
        if (letters.Distinct().Count() != letters.Count)
        {
            findings.Add(Broken.Store, null, "A delivery has two dead letters.");
        }

        var dead = database.Deliveries.Rows.Count(row => row.State.Status == DeliveryStatus.DeadLetter);
        if (dead != letters.Count)
        {
            findings.Add(Broken.Store, null, $"{dead} deliveries are dead letters, and there are {letters.Count} rows of them.");
        }
    }
}
