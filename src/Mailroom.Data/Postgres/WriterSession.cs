using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>The writer's connection and what is prepared on it.</summary>
internal sealed class WriterSession(NpgsqlConnection connection, long openedAt) : IAsyncDisposable
{
    private readonly CommitBatch _batch = new();
    private readonly LeftOut _reasons = new();
    private readonly List<int> _leftOut = [];

    /// <summary>A timestamp of the clock that the store was given.</summary>
    public long OpenedAt => openedAt;

    public bool IsOpen => connection.State == System.Data.ConnectionState.Open;

    /// <summary>Writes all changes in one transaction, in one round trip unless they are too big for one message.</summary>
    /// <exception cref="UnstorableException">A change cannot be stored; nothing was sent.</exception>
    public async ValueTask WriteAsync(IReadOnlyList<Change> changes, CancellationToken cancel)
    {
        _leftOut.Clear();
        try
        {
            _batch.Begin();
            var next = _batch.Fill(changes, 0);
            await SendAsync(next < changes.Count ? "BEGIN" : null, null, cancel);
            while (next < changes.Count)
            {
                next = _batch.Fill(changes, next);
                await SendAsync(null, next < changes.Count ? null : "COMMIT", cancel);
            }
        }
        finally
        {
            _batch.Clear();
        }

        await SettleAsync(changes, cancel);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async ValueTask SendAsync(string? before, string? after, CancellationToken cancel)
    {
        await using var message = new NpgsqlBatch(connection);
        if (before is not null)
        {
            message.BatchCommands.Add(new(before));
        }

        _batch.AppendTo(message.BatchCommands);
        if (after is not null)
        {
            message.BatchCommands.Add(new(after));
        }

        await using var results = await message.ExecuteReaderAsync(cancel);
        await _batch.ReadAsync(results, _leftOut, cancel);
    }

    private async ValueTask SettleAsync(IReadOnlyList<Change> changes, CancellationToken cancel)
    {
        if (_leftOut.Count > 0)
        {
            await _reasons.SettleAsync(connection, changes, _leftOut, cancel);
            _leftOut.Sort();
        }

        var skip = 0;
        for (var position = 0; position < changes.Count; position++)
        {
            if (skip < _leftOut.Count && _leftOut[skip] == position)
            {
                skip++;
                continue;
            }

            changes[position].Outcome = ChangeOutcome.Committed;
        }
    }
}
