using Mailroom.Actors.Streams;

namespace Mailroom.Simulation.Store;

/// <summary>One process's writes of what came in by streams.</summary>
/// <param name="committing">Told of each batch just before it is written, with what it is given back.</param>
internal sealed class NodeStreamStore(DatabaseLink link, Func<StreamBatch, Func<StreamBatchResult>, StreamBatchResult> committing) : IStreamStore
{
    public ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel) => link.ReadAsync(() => link.Server.Streams.PositionAsync(stream, cancel));

    public async ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel) =>
        await link.CallAsync(
            isCommit: true,
            () => committing(batch, () => link.Server.Streams.CommitAsync(batch, CancellationToken.None).AsTask().GetAwaiter().GetResult())).ConfigureAwait(false);
}
