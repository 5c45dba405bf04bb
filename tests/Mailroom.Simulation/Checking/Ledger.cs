using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Checking;

/// <summary>One provider call, as the mail world saw it.</summary>
internal sealed class CallRecord
{
    public required string Id { get; init; }

    public required OrgId Org { get; init; }

    public required int AttemptNo { get; init; }

    public required SimProcess Process { get; init; }

    public required long Incarnation { get; init; }

    /// <summary>The envelope's positions that were addressed.</summary>
    public required IReadOnlyList<int> Positions { get; init; }

    /// <summary>When the process began it.</summary>
    public required TimeSpan BegunAt { get; init; }

    /// <summary>When the server saw it begin.</summary>
    public required TimeSpan SeenAt { get; init; }

    public bool DotSent { get; set; }

    /// <summary>When the server took responsibility; null: it did not.</summary>
    public TimeSpan? TakenAt { get; set; }

    /// <summary>The positions that it took.</summary>
    public IReadOnlyList<int> Taken { get; set; } = [];

    /// <summary>What the process was told.</summary>
    public AttemptReport? Report { get; set; }
}

/// <summary>What the mail world did, and what callers were told: the truth that the stored state is held against.</summary>
internal sealed class Ledger(Timeline timeline, History history)
{
    private readonly List<CallRecord> _calls = [];
    private readonly Dictionary<string, List<CallRecord>> _byId = [];
    private readonly Dictionary<string, TimeSpan> _acknowledged = [];
    private readonly Dictionary<string, TimeSpan> _canceled = [];

    public IReadOnlyList<CallRecord> Calls => _calls;

    /// <summary>Ids that somebody was told are accepted, and when first.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Acknowledged => _acknowledged;

    public IReadOnlyDictionary<string, TimeSpan> Canceled => _canceled;

    /// <summary>Told of every call as it begins.</summary>
    public Action<CallRecord, OutboundMail>? Beginning { get; set; }

    public IReadOnlyList<CallRecord> CallsOf(string id) => _byId.GetValueOrDefault(id) ?? [];

    public CallRecord Called(SimProcess process, OutboundMail mail, TimeSpan arrival)
    {
        var record = new CallRecord
        {
            Id = mail.Id.Value,
            Org = mail.Org,
            AttemptNo = mail.AttemptNo,
            Process = process,
            Incarnation = process.Incarnation,
            Positions = mail.Recipients ?? [.. Enumerable.Range(0, mail.Request.RecipientCount)],
            BegunAt = timeline.Now,
            SeenAt = timeline.Now + arrival,
        };
        history.Add(process.Machine.Number, "call", record.Id, mail.AttemptNo, record.Positions.Count);
        Beginning?.Invoke(record, mail);
        _calls.Add(record);
        if (!_byId.TryGetValue(record.Id, out var calls))
        {
            _byId.Add(record.Id, calls = []);
        }

        calls.Add(record);
        return record;
    }

    public void Taken(CallRecord record, AttemptReport report)
    {
        record.TakenAt = timeline.Now;
        record.Taken = report.Recipients.Count == 0
            ? record.Positions
            : [.. report.Recipients.Where(outcome => outcome.Status is RecipientStatus.Sent or RecipientStatus.Uncertain).Select(outcome => outcome.Position)];
        history.Add(-1, "taken", record.Id, record.AttemptNo, record.Taken.Count);
    }

    public void Answered(CallRecord record, AttemptReport report)
    {
        record.Report = report;
        history.Add(record.Process.Machine.Number, "answered_" + report.Status.Name(), record.Id, record.AttemptNo);
    }

    public void Acknowledge(string id, string how)
    {
        _acknowledged.TryAdd(id, timeline.Now);
        history.Add(-1, how, id);
    }

    public void Cancel(string id)
    {
        _canceled.TryAdd(id, timeline.Now);
        history.Add(-1, "canceled", id);
    }
}
