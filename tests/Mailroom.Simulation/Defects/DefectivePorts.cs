using Mailroom.Actors;
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
        defect is Defect.DeadClaimsForgotten or Defect.LivingClaimsTaken or Defect.NothingScanned ? new DefectiveDeliveries(defect, deliveries) : deliveries;

    public IOrgStore Orgs(IOrgStore orgs) => defect == Defect.WindowForgotten ? new ForgetfulOrgs(orgs) : orgs;

    public IStreamStore Streams(IStreamStore streams) => defect == Defect.OffsetMovedFirst ? new HastyOffsets(streams) : streams;

    public void Spoil(Store.DatabaseServer database)
    {
        database.Memory.Faults.IgnoresEpochs = defect == Defect.FenceLeftOut;
        database.Memory.Faults.IgnoresKeys = defect == Defect.KeyNotChecked;
        database.Memory.Faults.IgnoresVersions = defect == Defect.VersionNotChecked;
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
