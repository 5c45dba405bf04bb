using Mailroom.Actors.Streams;

namespace Mailroom.CrashHost;

/// <summary>The points <c>before stream batch</c> and <c>after stream batch</c>.</summary>
internal sealed class CrashingStreams(IStreamStore streams, CrashPoint crash) : IStreamStore
{
    public ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel) => streams.PositionAsync(stream, cancel);

    public async ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel)
    {
        crash.Pass("before stream batch");
        var result = await streams.CommitAsync(batch, cancel).ConfigureAwait(false);
        crash.Pass("after stream batch");
        return result;
    }
}
