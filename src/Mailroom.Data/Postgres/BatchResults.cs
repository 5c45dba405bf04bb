using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>What the statements of a transaction say: the positions (from 1) of the rows that they left out.</summary>
internal static class BatchResults
{
    /// <summary>Reads the next statement's result, if it was sent, and adds the positions of the changes that it left out.</summary>
    /// <param name="results">At the result before.</param>
    /// <param name="positions">The position of the change behind each of the statement's rows; empty: it was not sent.</param>
    /// <param name="leftOut">Where the positions are added.</param>
    /// <param name="cancel">Whoever asked has gone.</param>
    public static async ValueTask ReadAsync(NpgsqlDataReader results, List<int> positions, List<int> leftOut, CancellationToken cancel)
    {
        if (positions.Count == 0)
        {
            return;
        }

        if (!await results.NextResultAsync(cancel))
        {
            throw new InvalidOperationException("A batch gave fewer results than it has statements.");
        }

        while (await results.ReadAsync(cancel))
        {
            leftOut.Add(positions[checked((int)results.GetInt64(0)) - 1]);
        }
    }
}
