using Mailroom.Actors.Cluster;
using Mailroom.Simulation.Checking;

namespace Mailroom.Simulation.Store;

/// <summary>How one process becomes a member, stays one, and gets its shards.</summary>
internal sealed class NodeOwnership(DatabaseLink link, OwnerAudit audit) : IOwnership
{
    public bool IsShared => true;

    private IOwnership Memory => link.Server.Memory;

    public async ValueTask<ClusterView> JoinAsync(NodeCard node, TimeSpan lease, int shards, CancellationToken cancel) =>
        await CallAsync(() => audit.Joined(link.Process, lease, Result(Memory.JoinAsync(node, lease, shards, CancellationToken.None)))).ConfigureAwait(false);

    public async ValueTask<ClusterView> RenewAsync(long incarnation, bool isStopping, TimeSpan lease, CancellationToken cancel) =>
        await CallAsync(() => audit.Renewed(incarnation, lease, Result(Memory.RenewAsync(incarnation, isStopping, lease, CancellationToken.None)))).ConfigureAwait(false);

    public async ValueTask<ClusterView> ViewAsync(CancellationToken cancel) => await CallAsync(View).ConfigureAwait(false);

    public async ValueTask DeclareLostAsync(IReadOnlyList<long> incarnations, CancellationToken cancel) =>
        await CallAsync(() =>
        {
            Memory.DeclareLostAsync(incarnations, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return audit.Declared(View());
        }).ConfigureAwait(false);

    public async ValueTask<int> MoveAsync(long by, IReadOnlyList<ShardMove> moves, CancellationToken cancel) =>
        await CallAsync(() =>
        {
            var moved = Result(Memory.MoveAsync(by, moves, CancellationToken.None));
            audit.Moved(by, View());
            return moved;
        }).ConfigureAwait(false);

    public async ValueTask LeaveAsync(long incarnation, CancellationToken cancel) =>
        await CallAsync(() =>
        {
            Memory.LeaveAsync(incarnation, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return audit.Left(incarnation, View());
        }).ConfigureAwait(false);

    private ClusterView View() => Result(Memory.ViewAsync(CancellationToken.None));

    private Task<T> CallAsync<T>(Func<T> work) => link.CallAsync(isCommit: true, work);

    private static T Result<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();
}
