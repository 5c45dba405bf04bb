using Mailroom.Actors.Kernel;
using Mailroom.Data.Queries;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Runs a read on a pooled connection, within the operation timeout, and names what fails.</summary>
/// <param name="connections">Where connections come from.</param>
/// <param name="mayLag">What is read may be a moment behind: a replica is asked first, and the primary where none answers.</param>
internal sealed class PostgresReads(PostgresConnections connections, bool mayLag = false)
{
    private readonly Func<CancellationToken, ValueTask<NpgsqlConnection>> _primary = connections.ReadAsync;

    /// <param name="doing">What it is for, to complete "PostgreSQL did not answer in time while …".</param>
    /// <param name="read">Gets an open connection.</param>
    /// <param name="cancel">Whoever asked has gone.</param>
    /// <exception cref="StoreUnavailableException">To be tried again.</exception>
    public ValueTask<T> RunAsync<T>(string doing, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancel) =>
        mayLag ? RunOnReplicaAsync(doing, read, cancel) : RunOnAsync(_primary, doing, read, cancel);

    /// <summary>Every row of one statement.</summary>
    public async ValueTask<List<T>> RowsAsync<T>(string doing, NpgsqlCommand command, Func<PostgresRow, T> map, CancellationToken cancel)
    {
        await using var _ = command;
        return await RunAsync(
            doing,
            async (connection, deadline) =>
            {
                command.Connection = connection;
                await using var reader = await command.ExecuteReaderAsync(deadline);
                var rows = new List<T>();
                while (await reader.ReadAsync(deadline))
                {
                    rows.Add(map(new PostgresRow(reader)));
                }

                return rows;
            },
            cancel);
    }

    /// <summary>A query that was put together.</summary>
    public static NpgsqlCommand Command(Query query)
    {
        var command = new NpgsqlCommand(query.Sql);
        foreach (var argument in query.Arguments)
        {
            command.Parameters.Add(argument switch
            {
                { Text: { } text } => Parameters.Of(text),
                { Time: { } time } => Parameters.Of(time),
                { Number: var number } => Parameters.Of(number),
            });
        }

        return command;
    }

    /// <summary>One statement with positional parameters.</summary>
    public static NpgsqlCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private async ValueTask<T> RunOnReplicaAsync<T>(string doing, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        for (var tries = 0; tries < connections.Replicas.Count && connections.Replicas.Next() is { } replica; tries++)
        {
            try
            {
                return await RunOnAsync(replica.Source.OpenConnectionAsync, doing, read, cancel);
            }
            catch (StoreUnavailableException)
            {
                connections.Replicas.Rest(replica);
            }
        }

        return await RunOnAsync(_primary, doing, read, cancel);
    }

    private async ValueTask<T> RunOnAsync<T>(
        Func<CancellationToken, ValueTask<NpgsqlConnection>> open, string doing, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var deadline = new CallDeadline(connections.Options.OperationTimeout, cancel);
        try
        {
            await using var connection = await open(deadline.Token);
            return await read(connection, deadline.Token);
        }
        catch (Exception failure) when (PostgresFailure.Unavailable(failure, doing, cancel) is { } unavailable)
        {
            throw unavailable;
        }
    }
}
