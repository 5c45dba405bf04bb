using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Mailroom.Faults;

/// <summary>Does the faults, several at a time where they fall so; one node at least is left alone.</summary>
internal sealed class Striker(FaultyCluster cluster, FaultOptions options, IReadOnlyCollection<string> limited, Action<string> say)
{
    private readonly Random _random = new(options.Seed);
    private readonly Lock _gate = new();
    private readonly List<Strike> _strikes = [];
    private readonly Dictionary<Fault, int> _done = [];
    private readonly List<string> _unexpected = [];
    private readonly List<Task> _open = [];
    private readonly List<(DateTimeOffset Began, DateTimeOffset Over)> _disturbances = [];
    private Task _database = Task.CompletedTask;
    private Task _redis = Task.CompletedTask;

    public IReadOnlyDictionary<Fault, int> Done => _done;

    /// <summary>Starts that failed and were tried again, as while the database was away.</summary>
    public int FailedStarts { get; private set; }

    public IReadOnlyList<Strike> Strikes
    {
        get
        {
            lock (_gate)
            {
                return [.. _strikes];
            }
        }
    }

    /// <summary>What no fault excuses.</summary>
    public IReadOnlyList<string> Unexpected
    {
        get
        {
            lock (_gate)
            {
                return [.. _unexpected];
            }
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var since = Stopwatch.GetTimestamp();
        for (var number = 1; number <= options.Kills && Stopwatch.GetElapsedTime(since) < options.Most; number++)
        {
            await Task.Delay(options.Pace * (1 + (2 * _random.NextDouble())), cancel).ConfigureAwait(false);
            var fault = Faults.Draw(_random);
            var node = Faults.IsOfNode(fault) ? await FreeNodeAsync(cancel).ConfigureAwait(false) : null;
            await (fault is Fault.KillRedis ? _redis : node is null ? _database : Task.CompletedTask).ConfigureAwait(false);
            _done[fault] = _done.GetValueOrDefault(fault) + 1;
            say($"{Stopwatch.GetElapsedTime(since).TotalSeconds,6:F1}s  {number,3}/{options.Kills}  {fault}{(node is null ? "" : " " + node.Name)}");
            Begin(fault, node, cancel);
            Watch();
        }

        await Task.WhenAll([.. _open, _database, _redis]).ConfigureAwait(false);
        Watch();
    }

    private void Begin(Fault fault, FaultyNode? node, CancellationToken cancel)
    {
        // Drawn here, so that the same seed does the same.
        var (drawn, isLong) = (_random.NextDouble(), _random.Next(2) == 0);
        switch (fault)
        {
            case Fault.KillAndRestart:
                _open.Add(KillAsync(fault, node!, TimeSpan.FromSeconds(drawn * 2), cancel));
                break;
            case Fault.KillForLong:
                _open.Add(KillAsync(fault, node!, options.Lease + TimeSpan.FromSeconds(3 + (drawn * 3)), cancel));
                break;
            case Fault.Freeze:
                _open.Add(FreezeAsync(node!, isLong ? options.Lease * (1.2 + drawn) : options.Lease * 0.5 * drawn, isLong, cancel));
                break;
            case Fault.Terminate:
                _open.Add(TerminateAsync(node!, TimeSpan.FromSeconds(drawn * 2), cancel));
                break;
            case Fault.CrashPostgres:
                _database = DisturbAsync(() => RestartAsync(cluster.Postgres.StopImmediately));
                break;
            case Fault.RestartPostgres:
                _database = DisturbAsync(() => RestartAsync(cluster.Postgres.StopFast));
                break;
            case Fault.TerminateSessions:
                _database = DisturbAsync(TerminateSessionsAsync);
                break;
            case Fault.KillRedis:
                _redis = KillRedisAsync(TimeSpan.FromSeconds(drawn));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "Not a fault.");
        }
    }

    /// <summary>A node that no other fault has in hand, once there is one whose fault leaves one alone.</summary>
    private async Task<FaultyNode> FreeNodeAsync(CancellationToken cancel)
    {
        while (true)
        {
            var free = cluster.Nodes.Where(node => !node.IsTroubled).ToList();
            if (free.Count > 1)
            {
                var node = free[_random.Next(free.Count)];
                node.IsTroubled = true;
                return node;
            }

            await Task.Delay(50, cancel).ConfigureAwait(false);
        }
    }

    private async Task KillAsync(Fault fault, FaultyNode node, TimeSpan away, CancellationToken cancel)
    {
        var incarnation = node.Incarnation;
        await node.KillAsync().ConfigureAwait(false);
        var at = DateTimeOffset.UtcNow;
        var strike = Add(new(fault, node.Name, at, await InterruptedAsync(incarnation).ConfigureAwait(false)));
        await Task.Delay(away, cancel).ConfigureAwait(false);
        if (fault == Fault.KillAndRestart)
        {
            strike.StartedAt = DateTimeOffset.UtcNow;
        }

        await BackAsync(node, cancel).ConfigureAwait(false);
        strike.ReadyAt = fault == Fault.KillAndRestart ? DateTimeOffset.UtcNow : null;
    }

    private async Task FreezeAsync(FaultyNode node, TimeSpan span, bool isLong, CancellationToken cancel)
    {
        var incarnation = node.Incarnation;
        node.Pause();
        Add(new(Fault.Freeze, node.Name, DateTimeOffset.UtcNow, isLong ? await InterruptedAsync(incarnation).ConfigureAwait(false) : null) { WasReplaced = isLong });
        await Task.Delay(span, cancel).ConfigureAwait(false);
        node.Resume();

        // It is left alone until it is a member again, so that the next fault meets a node that works.
        await Task.Delay(options.Lease / 2, cancel).ConfigureAwait(false);
        node.IsTroubled = false;
    }

    private async Task TerminateAsync(FaultyNode node, TimeSpan away, CancellationToken cancel)
    {
        var code = await node.TerminateAsync().ConfigureAwait(false);
        if (code != 0)
        {
            Say($"{node.Name} ended with {code} after SIGTERM");
        }

        await Task.Delay(away, cancel).ConfigureAwait(false);
        await BackAsync(node, cancel).ConfigureAwait(false);
    }

    private async Task BackAsync(FaultyNode node, CancellationToken cancel)
    {
        FailedStarts += await node.StartAsync(cancel).ConfigureAwait(false);
        node.IsTroubled = false;
    }

    private async Task RestartAsync(Func<Task> stop)
    {
        await stop().ConfigureAwait(false);
        await cluster.Postgres.Start().ConfigureAwait(false);
    }

    private async Task TerminateSessionsAsync()
    {
        try
        {
            await cluster.RowsAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'").ConfigureAwait(false);
        }
        catch (NpgsqlException why)
        {
            Say("sessions could not be terminated: " + why.Message);
        }
    }

    private async Task KillRedisAsync(TimeSpan away)
    {
        await cluster.Redis.Kill().ConfigureAwait(false);
        await Task.Delay(away).ConfigureAwait(false);
        await cluster.Redis.Start().ConfigureAwait(false);
    }

    /// <summary>What goes on while the database has troubles of its own, or soon after, is not held to the times.</summary>
    private async Task DisturbAsync(Func<Task> fault)
    {
        var began = DateTimeOffset.UtcNow;
        await fault().ConfigureAwait(false);
        var over = DateTimeOffset.UtcNow;
        lock (_gate)
        {
            _disturbances.Add((began, over));
        }
    }

    /// <summary>Marks the strikes whose time to recover overlaps with a trouble of the database.</summary>
    public void MarkDisturbed()
    {
        foreach (var strike in Strikes)
        {
            var until = (strike.ReadyAt ?? strike.At + options.Lease) + TimeSpan.FromSeconds(2);
            strike.IsDisturbed = _disturbances.Any(trouble => trouble.Began < until && trouble.Over > strike.At - TimeSpan.FromSeconds(1));
        }
    }

    private async Task<IReadOnlyList<InterruptedMail>?> InterruptedAsync(long incarnation)
    {
        try
        {
            var rows = await cluster.RowsAsync(FormattableString.Invariant(
                $"SELECT delivery_id, extract(epoch FROM claimed_at), org_id FROM deliveries WHERE status = 'sending' AND claim_incarnation = {incarnation}")).ConfigureAwait(false);
            return [.. rows.Select(row => new InterruptedMail(row[0], DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(row[1], CultureInfo.InvariantCulture)), limited.Contains(row[2])))];
        }
        catch (Exception why) when (why is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    private Strike Add(Strike strike)
    {
        lock (_gate)
        {
            _strikes.Add(strike);
        }

        return strike;
    }

    private void Watch()
    {
        foreach (var node in cluster.Nodes)
        {
            if (node.EndedByItself is { } code)
            {
                Say($"{node.Name} ended by itself with {code}:\n{node.Log!.Tail(30)}");
                node.IsTroubled = true;
                _open.Add(BackAsync(node, CancellationToken.None));
            }
        }
    }

    private void Say(string what)
    {
        say("        " + what);
        lock (_gate)
        {
            _unexpected.Add(what);
        }
    }
}
