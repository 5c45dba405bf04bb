using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;
using Mailroom.Simulation.Store;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Checking;

/// <summary>
/// Watches every write as it takes effect and keeps the store's truth with its true times: owners, versions, keys, attempts, limits. It holds
/// each write against what was there before, and knows nothing of how the store itself checks.
/// </summary>
internal sealed partial class StoreAudit(DatabaseServer database, OwnerAudit owners, Ledger ledger, Findings findings, History history)
{
    private readonly Dictionary<(string Kind, string Id), (object State, long Version)> _rows = [];
    private readonly Dictionary<(OrgId Org, string Source, string Key), (string Id, string Content)> _keys = [];
    private readonly Dictionary<string, string> _contents = [];
    private readonly Dictionary<OrgId, List<OrgVersion>> _orgs = [];

    /// <summary>A batch from a stream is being written: its new rows need no fence.</summary>
    public bool IsTakingIn { get; set; }

    /// <summary>The process that made an attempt still tells its outcome, or is gone.</summary>
    public required Func<ClaimToken, bool> MayEnd { get; init; }

    /// <summary>Deliveries that an operator settled as sent.</summary>
    public HashSet<string> SettledAsSent { get; } = [];

    public IReadOnlyDictionary<OrgId, List<OrgVersion>> Orgs => _orgs;

    /// <summary>The subject of each delivery as it was accepted.</summary>
    public IReadOnlyDictionary<string, string> Contents => _contents;

    public (string Id, string Content)? KeyOf(OrgId org, string source, string key) => _keys.TryGetValue((org, source, key), out var taken) ? taken : null;

    public void TookEffect(Change change)
    {
        var node = database.Caller?.Machine.Number ?? -1;
        if (!IsTakingIn && !owners.IsOwned(change.Shard, change.Epoch))
        {
            findings.Add(Broken.Store, change.Id, $"A write under epoch {change.Epoch} of shard {change.Shard} took effect, which is at {owners.EpochOf(change.Shard)}.");
        }

        var (state, version) = _rows.GetValueOrDefault((change.Kind, change.Id));
        if (change.ExpectedVersion != version)
        {
            findings.Add(Broken.Store, change.Id, $"Version {change.NewVersion} was written over version {version}.");
        }

        switch (change)
        {
            case Change<DeliveryState, DeliveryEvent> write:
                history.Add(node, "delivery_" + write.After.Status.Name(), change.Id, change.NewVersion, write.After.LastAttemptNo);
                _rows[(change.Kind, change.Id)] = (write.After, change.NewVersion);
                CheckBefore(change.Id, write.Before, state);
                CheckWay(change.Id, write.Before, write.After);
                foreach (var happened in write.Events)
                {
                    Happened(change, happened);
                }

                break;
            case Change<OrgState, OrgEvent> write:
                history.Add(node, "org", change.Id, change.NewVersion, write.After.Rps ?? 0);
                _rows[(change.Kind, change.Id)] = (write.After, change.NewVersion);
                Note(write.After);
                if (write.Before.Window != write.After.Window && write.After.Window is { } window)
                {
                    history.Add(node, "window", change.Id, window.Holder, window.Until.UnixMilliseconds - ManualClock.Start.ToUnixTimeMilliseconds());
                }

                break;
            default:
                throw new InvalidOperationException($"Not a change that is known here: {change.GetType()}.");
        }
    }

    private void CheckBefore(string id, object before, object? stored)
    {
        if (stored is not null && !ReferenceEquals(before, stored))
        {
            findings.Add(Broken.Store, id, "A write was decided on another state than the one it replaced.");
        }
    }

    private void CheckWay(string id, DeliveryState before, DeliveryState after)
    {
        var severity = before.Status.Severity();
        if (before.Status.IsTerminal() && after.Status != before.Status && !(severity > 0 && after.Status.Severity() > severity))
        {
            findings.Add(Broken.Store, id, $"{before.Status.Name()} is final and became {after.Status.Name()}.");
        }

        if (after.AttemptsMade < before.AttemptsMade || after.LastAttemptNo < before.LastAttemptNo)
        {
            findings.Add(Broken.Store, id, $"Attempts went from {before.AttemptsMade} ({before.LastAttemptNo}) to {after.AttemptsMade} ({after.LastAttemptNo}).");
        }
    }

    private void Happened(Change change, DeliveryEvent happened)
    {
        var id = change.Id;
        switch (happened)
        {
            case DeliveryAccepted { Command: var command }:
                Accepted(id, command);
                break;
            case AttemptStarted started:
                Started(change, started);
                break;
            case AttemptEnded ended:
                Ended(change, ended);
                break;
            case ProviderWordRecorded { Detail: var detail } when detail?.StartsWith("settled by", StringComparison.Ordinal) == true:
                SettledAsSent.Add(id);
                break;
            default:
                // Where it leads to is held against the truth at the end.
                break;
        }
    }

    private void Accepted(string id, AcceptDelivery command)
    {
        var content = command.Request.Subject ?? "";
        _contents[id] = content;
        if (command.Idempotency is not { } key)
        {
            return;
        }

        if (_keys.TryGetValue((command.Org, command.Source, key.Key), out var taken))
        {
            findings.Add(Broken.Key, id, $"The key {key.Key} has two deliveries: {taken.Id} ({taken.Content}) and {id} ({content}).");
        }

        _keys[(command.Org, command.Source, key.Key)] = (id, content);
    }

    private void Note(OrgState org)
    {
        if (!_orgs.TryGetValue(org.Id, out var versions))
        {
            _orgs.Add(org.Id, versions = []);
        }

        if (versions.Count == 0 || versions[^1].Rps != org.Rps || versions[^1].IsPaused != org.Pause is not null)
        {
            versions.Add(new(database.Timeline.Now, org.Rps, org.Pause is not null));
        }
    }
}

/// <summary>What an org's stored settings were from a time on.</summary>
internal sealed record OrgVersion(TimeSpan Since, int? Rps, bool IsPaused)
{
    /// <summary>When somebody was told of it; null: nobody was yet.</summary>
    public TimeSpan? AcknowledgedAt { get; set; }
}
