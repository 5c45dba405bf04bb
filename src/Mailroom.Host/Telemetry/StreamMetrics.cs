using Mailroom.Actors.Streams;

namespace Mailroom.Host.Telemetry;

/// <summary>Counts what the intake from command streams tells, and passes it on.</summary>
internal sealed class StreamMetrics(IStreamEvents inner, StreamTelemetry telemetry, string source) : IStreamEvents
{
    public void BatchTaken(string stream, StreamEntryId offset, int accepted, int replayed, int malformed)
    {
        telemetry.Committed(source, accepted);
        inner.BatchTaken(stream, offset, accepted, replayed, malformed);
    }

    public void Rejected(string stream, StreamEntryId entry, string failureCode, string? deliveryId, string? source)
    {
        telemetry.Malformed(failureCode);
        inner.Rejected(stream, entry, failureCode, deliveryId, source);
    }

    public void GapFound(string stream, StreamEntryId offset, long? lost) => inner.GapFound(stream, offset, lost);

    public void ResetFound(string stream, StreamEntryId offset, StreamEntryId? last) => inner.ResetFound(stream, offset, last);

    public void Unavailable(string stream, string part, Exception why) => inner.Unavailable(stream, part, why);

    public void Recovered(string stream, string part) => inner.Recovered(stream, part);

    public void Lost(string stream) => inner.Lost(stream);

    public void Faulted(string stream, StreamEntryId entry, Exception why) => inner.Faulted(stream, entry, why);
}

/// <summary>A span for each batch that is written, linked to what asked for its mails.</summary>
internal sealed class TracedStreamStore(IStreamStore inner) : IStreamStore
{
    public ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel) => inner.PositionAsync(stream, cancel);

    public async ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel)
    {
        using var span = StreamTelemetry.Batch(batch.Stream, batch.Items.Count, batch.Items.Select(item => item.Accept?.After.TraceParent));
        return await inner.CommitAsync(batch, cancel).ConfigureAwait(false);
    }
}
