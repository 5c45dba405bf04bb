using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Streams;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Defects;

/// <summary>The ports of a node, with one part replaced where a defect is wanted.</summary>
internal sealed class DefectivePorts(Defect defect)
{
    public ICommitStore Commits(ICommitStore commits, SimProcess process) =>
        defect is Defect.ClaimNotRecorded or Defect.AcknowledgedEarly or Defect.UnknownTakenAsWritten or Defect.UnknownTakenAsRefused or Defect.OutcomeDropped
            ? new DefectiveCommits(defect, commits, process)
            : commits;

    public IDeliveryStore Deliveries(IDeliveryStore deliveries) =>
        defect is Defect.DeadClaimsForgotten or Defect.NothingScanned or Defect.MovedNotScanned ? new DefectiveDeliveries(defect, deliveries) : deliveries;

    public IOrgStore Orgs(IOrgStore orgs) => defect == Defect.WindowForgotten ? new ForgetfulOrgs(orgs) : orgs;

    public IOwnership Ownership(IOwnership ownership) => defect == Defect.LeaseNotChecked ? new ShortLeases(ownership) : ownership;

    public IPeers Peers(IPeers peers) => defect switch
    {
        Defect.LimiterPerNode => new OwnWindows(peers),
        Defect.LostForwardTakenAsDone => new HopefulPeers(peers),
        _ => peers,
    };

    public IStreamStore Streams(IStreamStore streams) => defect == Defect.OffsetMovedFirst ? new HastyOffsets(streams) : streams;

    public void Spoil(Store.DatabaseServer database)
    {
        database.Memory.Faults.IgnoresEpochs = defect == Defect.FenceLeftOut;
        database.Memory.Faults.TakesLivingForLost = defect == Defect.LivingClaimsTaken;
        database.Memory.Faults.IgnoresKeys = defect == Defect.KeyNotChecked;
        database.Memory.Faults.LeasesEndEarlyBy = defect == Defect.LossDeclaredEarly ? TimeSpan.FromSeconds(1.5) : TimeSpan.Zero;
        database.Memory.Faults.IgnoresVersions = defect == Defect.VersionNotChecked;
    }

    /// <summary>The database holds a lease for a fifth of what the node believes.</summary>
    private sealed class ShortLeases(IOwnership ownership) : IOwnership
    {
        public bool IsShared => ownership.IsShared;

        public ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel) => ownership.JoinAsync(node, lease / 5, shards, cancel);

        public ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel) =>
            ownership.RenewAsync(incarnation, isStopping, lease / 5, cancel);

        public ValueTask<ClusterView> ViewAsync(CancellationToken cancel) => ownership.ViewAsync(cancel);

        public ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel) => ownership.DeclareLostAsync(incarnations, cancel);

        public ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel) => ownership.MoveAsync(by, moves, cancel);

        public ValueTask LeaveAsync(long incarnation, CancellationToken cancel) => ownership.LeaveAsync(incarnation, cancel);
    }

    /// <summary>No answer is taken for a good one.</summary>
    private sealed class HopefulPeers(IPeers peers) : IPeers
    {
        public async ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within)
        {
            var answer = await peers.AskAsync(to, message, within).ConfigureAwait(false);
            return answer is NotDone && message.Message is AttemptFinished ? Done.Instance : answer;
        }

        public void Tell(Member to, PeerNote note) => peers.Tell(to, note);
    }

    /// <summary>The org's owner is not asked.</summary>
    private sealed class OwnWindows(IPeers peers) : IPeers
    {
        public ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within) => message.Message is AskTerms ask
            ? new(new SendingTerms(ask.Org, IsPaused: false, RateLimit.Spacing(RateLimit.Default), TimeSpan.Zero, Org.Window))
            : peers.AskAsync(to, message, within);

        public void Tell(Member to, PeerNote note) => peers.Tell(to, note);
    }

    /// <summary>A new holder is told nothing of the old one's window.</summary>
    private sealed class ForgetfulOrgs(IOrgStore orgs) : IOrgStore
    {
        public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<OrgState>> found, CancellationToken cancel) =>
            orgs.LoadAsync(ids, row => found(row with { State = row.State is { } state ? state with { Window = null } : null }), cancel);

        public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
            orgs.DueAsync(shards, now, after, limit, cancel);

        public ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel) => orgs.FindAsync(id, cancel);

        public ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel) => orgs.ListAsync(after, limit, cancel);
    }

    private sealed class HastyOffsets(IStreamStore streams) : IStreamStore
    {
        public ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel) => streams.PositionAsync(stream, cancel);

        public async ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel)
        {
            var moved = await streams.CommitAsync(batch with { Items = [] }, cancel).ConfigureAwait(false);
            return moved.Committed ? await streams.CommitAsync(batch with { Expected = batch.Next }, cancel).ConfigureAwait(false) : moved;
        }
    }
}
