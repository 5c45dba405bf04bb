using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Postgres;

/// <summary>
/// Writes batches of changes, each batch one transaction in one round trip: all statements are sent at once, and the server
/// commits them together when it reaches their end.
/// </summary>
internal sealed class PostgresCommitStore(PostgresConnections connections, TimeProvider clock) : ICommitStore, IAsyncDisposable
{
    private readonly WriterTurn<WriterSession> _turn = new(connections, clock, static connection => new(connection));

    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        if (batch.Count > 0)
        {
            await _turn.RunAsync(
                "committing a batch",
                async (session, deadline) =>
                {
                    await session.WriteAsync(batch, deadline);
                    return true;
                },
                cancel);
        }
    }

    /// <summary>Waits for the commit under way.</summary>
    public ValueTask DisposeAsync() => _turn.DisposeAsync();
}
