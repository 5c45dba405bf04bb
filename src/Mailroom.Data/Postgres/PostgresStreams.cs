using Mailroom.Actors.Streams;
using Mailroom.Data.Rows;

namespace Mailroom.Data.Postgres;

/// <summary>Streams have a connection of their own, so that the kernel's commits need not wait for a stream's batches.</summary>
internal sealed class PostgresStreams(PostgresConnections connections, PostgresReads reads, TimeProvider clock) : IStreamStore, IAsyncDisposable
{
    private const string PositionSql = $"SELECT {StreamRow.Columns} FROM streams WHERE stream = $1";

    private readonly WriterTurn<StreamSession> _turn = new(connections, clock, static connection => new(connection));

    public async ValueTask<StreamPosition?> PositionAsync(string stream, CancellationToken cancel)
    {
        var rows = await reads.RowsAsync("reading a stream's offset", PostgresReads.Command(PositionSql, Parameters.Of(stream)), StreamRow.Read, cancel);
        return rows.Count == 0 ? null : rows[0];
    }

    public ValueTask<StreamBatchResult> CommitAsync(StreamBatch batch, CancellationToken cancel) =>
        _turn.RunAsync("committing a stream's batch", (session, deadline) => session.WriteAsync(batch, deadline), cancel);

    /// <summary>Waits for the commit under way.</summary>
    public ValueTask DisposeAsync() => _turn.DisposeAsync();
}
