using System.Diagnostics;
using Npgsql;

namespace Mailroom.Data.Postgres;

/// <summary>Servers that replicate the primary, asked in turn. One that did not answer is left alone for a while.</summary>
internal sealed class PostgresReplicas(IReadOnlyList<NpgsqlDataSource> sources) : IAsyncDisposable
{
    private static readonly TimeSpan RestTime = TimeSpan.FromSeconds(5);

    private readonly Replica[] _replicas = [.. sources.Select(source => new Replica(source))];
    private uint _turn;

    public int Count => _replicas.Length;

    /// <summary>The next one that does not rest, or null.</summary>
    public Replica? Next()
    {
        var turn = Interlocked.Increment(ref _turn);
        for (var i = 0; i < _replicas.Length; i++)
        {
            var replica = _replicas[(int)((turn + (uint)i) % (uint)_replicas.Length)];
            if (!replica.IsResting)
            {
                return replica;
            }
        }

        return null;
    }

    /// <summary>Leaves one alone that did not answer.</summary>
    public void Rest(Replica replica) => replica.Rest(RestTime);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.Source.DisposeAsync();
        }
    }

    internal sealed class Replica(NpgsqlDataSource source)
    {
        private long _restsUntil = long.MinValue;

        public NpgsqlDataSource Source => source;

        public bool IsResting => Stopwatch.GetTimestamp() < Volatile.Read(ref _restsUntil);

        public void Rest(TimeSpan time) => Volatile.Write(ref _restsUntil, Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));
    }
}
