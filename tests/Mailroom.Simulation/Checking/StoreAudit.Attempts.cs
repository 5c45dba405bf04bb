using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Simulation.Checking;

/// <summary>One attempt as the store has it, with true times.</summary>
internal sealed class AttemptRecord
{
    public required int No { get; init; }

    public required ClaimToken Token { get; init; }

    public long Incarnation => Token.Incarnation;

    /// <summary>When its claim runs out.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>The epoch of its delivery's shard as it was claimed.</summary>
    public required long Epoch { get; init; }

    /// <summary>Its process did not hear that the claim was stored.</summary>
    public required bool IsUnheard { get; init; }

    public TimeSpan? EndedAt { get; set; }

    public AttemptReport? Report { get; set; }

    /// <summary>It ended after its incarnation was gone.</summary>
    public bool EndedByLoss { get; set; }

    /// <summary>Nobody knows whether the server took the mail, and the record says so.</summary>
    public bool ExplainsCopy => Report is { Status: AttemptStatus.Uncertain } or { Status: AttemptStatus.TimedOut, Reason: LostAttempt.ClaimExpired };
}

/// <summary>What is recorded of attempts, held against the calls that were made.</summary>
internal sealed partial class StoreAudit
{
    private readonly Dictionary<string, List<AttemptRecord>> _attempts = [];

    public IReadOnlyList<AttemptRecord> AttemptsOf(string id) => _attempts.GetValueOrDefault(id) ?? [];

    public AttemptRecord? Attempt(string id, int no) => AttemptsOf(id) is { } attempts && no <= attempts.Count && no > 0 ? attempts[no - 1] : null;

    /// <summary>A call is about to begin: it must be claimed, once, by whoever makes it.</summary>
    public void Beginning(CallRecord call, OutboundMail mail)
    {
        var attempt = Attempt(call.Id, call.AttemptNo);
        if (attempt is null)
        {
            findings.Add(Broken.Attempt, call.Id, $"Attempt {call.AttemptNo} was made before its claim was stored.");
        }
        else if (owners.ProcessOf(attempt.Incarnation) != call.Process)
        {
            findings.Add(Broken.Attempt, call.Id, $"Attempt {call.AttemptNo} is claimed by incarnation {attempt.Incarnation} and was made by {call.Incarnation}.");
        }
        else if (attempt.EndedAt is { } ended && !owners.IsReplacedUnawares(attempt.Incarnation))
        {
            findings.Add(Broken.Attempt, call.Id, $"Attempt {call.AttemptNo} began though it is recorded as {attempt.Report!.Status.Name()} since {ended.TotalSeconds:F4} s.");
        }

        if (ledger.Canceled.TryGetValue(call.Id, out var canceled))
        {
            findings.Add(Broken.Attempt, call.Id, $"Attempt {call.AttemptNo} began though the mail is canceled since {canceled.TotalSeconds:F4} s.");
        }

        if (_contents.GetValueOrDefault(call.Id) != mail.Subject)
        {
            findings.Add(Broken.Identity, call.Id, $"Accepted as {_contents.GetValueOrDefault(call.Id)} and sent as {mail.Subject}.");
        }

        foreach (var other in ledger.CallsOf(call.Id))
        {
            if (other.AttemptNo == call.AttemptNo)
            {
                findings.Add(Broken.Attempt, call.Id, $"Attempt {call.AttemptNo} was made twice.");
            }
            else if (!owners.IsReplacedUnawares(attempt?.Incarnation ?? 0) && other.Report is null && !owners.IsLost(other.Incarnation) && !owners.IsReplacedUnawares(other.Incarnation) && Attempt(other.Id, other.AttemptNo) is { } claimed && claimed.Deadline > database.Timeline.Now)
            {
                findings.Add(Broken.Attempt, call.Id, $"Attempt {call.AttemptNo} began while attempt {other.AttemptNo} is under way.");
            }
        }
    }

    private void Started(Change change, AttemptStarted started)
    {
        var id = change.Id;
        if (!_attempts.TryGetValue(id, out var attempts))
        {
            _attempts.Add(id, attempts = []);
        }

        if (started.AttemptNo != attempts.Count + 1)
        {
            findings.Add(Broken.Store, id, $"Attempt {started.AttemptNo} came after attempt {attempts.Count}.");
        }

        attempts.Add(new()
        {
            No = started.AttemptNo,
            Token = started.Claim.Token,
            Deadline = started.Claim.Deadline.ToDateTimeOffset() - ManualClock.Start,
            Epoch = change.Epoch,
            IsUnheard = database.IsUnheard,
        });
    }

    private void Ended(Change change, AttemptEnded ended)
    {
        var id = change.Id;
        if (Attempt(id, ended.AttemptNo) is not { EndedAt: null } attempt)
        {
            findings.Add(Broken.Store, id, $"Attempt {ended.AttemptNo} ended, which had not begun or had ended.");
            return;
        }

        attempt.EndedByLoss = ended.Report.Reason == LostAttempt.ProcessLost && owners.IsLost(attempt.Incarnation);
        (attempt.EndedAt, attempt.Report) = (database.Timeline.Now, ended.Report);
        history.Add(-1, "recorded_" + ended.Report.Status.Name(), id, ended.AttemptNo);
        var call = ledger.CallsOf(id).FirstOrDefault(call => call.AttemptNo == ended.AttemptNo);
        switch (ended.Report.Reason)
        {
            case LostAttempt.ProcessLost:
                // Where the claim moved to another node and nobody there knows of it, its end is all there is to go by.
                if (!owners.IsLost(attempt.Incarnation) && attempt.Deadline > database.Timeline.Now)
                {
                    findings.Add(Broken.Attempt, id, $"Attempt {ended.AttemptNo} was taken for lost though its process lives.");
                }
                else if (!owners.IsLost(attempt.Incarnation) && call?.Report is not null && !MayEnd(attempt.Token))
                {
                    findings.Add(Broken.Attempt, id, $"The outcome of attempt {ended.AttemptNo} ({call.Report.Status.Name()}) was given up by its process, which lives.");
                }

                break;
            case LostAttempt.ClaimExpired:
                if (!owners.IsLost(attempt.Incarnation) && call?.Report is not null)
                {
                    findings.Add(Broken.Attempt, id, $"The outcome of attempt {ended.AttemptNo} ({call.Report.Status.Name()}) was dropped.");
                }
                else if (!owners.IsLost(attempt.Incarnation) && call is null && !(attempt.IsUnheard && change.Epoch != attempt.Epoch))
                {
                    // But for one whose shard was given away before its process could learn that it had claimed.
                    findings.Add(Broken.Attempt, id, $"Attempt {ended.AttemptNo} was claimed and never made.");
                }

                break;
            default:
                CheckOutcome(id, ended, call);
                break;
        }
    }

    private void CheckOutcome(string id, AttemptEnded ended, CallRecord? call)
    {
        var status = ended.Report.Status;
        var fits = call is null
            ? status is AttemptStatus.Interrupted or AttemptStatus.RenderFailed || ended.Report.Reason == "store_unavailable"
            : call.Report?.Status == status;
        if (!fits)
        {
            findings.Add(Broken.Attempt, id, $"Attempt {ended.AttemptNo} is recorded as {status.Name()} and was {call?.Report?.Status.Name() ?? (call is null ? "never made" : "not over")}.");
        }
    }
}
