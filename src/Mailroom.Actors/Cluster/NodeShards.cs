using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Cluster;

/// <summary>What it means for this node that shards come and go: actors, due rows, streams, and the attempts of nodes that are gone.</summary>
internal sealed class NodeShards(
    Node kernel, Dispatcher dispatcher, AttemptRunner runner, StreamReaders streams, ClaimRecovery recovery, int count, TimeProvider clock) : IShards, IDisposable
{
    private static readonly TimeSpan DrainCheck = TimeSpan.FromMilliseconds(2);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private bool _mustRecover;
    private long _incarnation;
    private bool _isWorking;
    private bool _isRecovering;

    public long EpochOf(int shard) => kernel.EpochOf(shard);

    public void Own(int shard, long epoch)
    {
        kernel.Own(shard, epoch);
        streams.Owned(shard, epoch);
    }

    public async Task DrainAsync(IReadOnlyList<int> shards, TimeSpan within)
    {
        var since = clock.GetTimestamp();

        // The streams first: a shard that is given up refuses what they would still write.
        await streams.StopAsync(shards.Contains, within).ConfigureAwait(false);
        foreach (var shard in shards)
        {
            Own(shard, 0);
        }

        while (!shards.All(kernel.IsShardQuiet) && clock.GetElapsedTime(since) < within)
        {
            await Task.Delay(DrainCheck, clock).ConfigureAwait(false);
        }
    }

    public void Joined(long incarnation)
    {
        lock (_gate)
        {
            _incarnation = incarnation;
            runner.Start(incarnation);
            if (_isWorking)
            {
                dispatcher.Start(incarnation);
            }
        }
    }

    public void Recover()
    {
        kernel.LookForAll();
        lock (_gate)
        {
            _mustRecover = true;
        }

        RecoverSoon();
    }

    /// <summary>Begins to make attempts.</summary>
    public void StartWorkers()
    {
        lock (_gate)
        {
            _isWorking = true;
            dispatcher.Start(_incarnation);
        }

        kernel.StartScanning();
        RecoverSoon();
    }

    /// <summary>Makes no more attempts, whatever comes in.</summary>
    public void StopWorkers()
    {
        _stopping.Cancel();
        lock (_gate)
        {
            _isWorking = false;
            dispatcher.Stop();
        }

        kernel.StopScanning();
    }

    public void Dispose()
    {
        StopWorkers();
        _stopping.Dispose();
    }

    private void RecoverSoon()
    {
        lock (_gate)
        {
            if (_isRecovering || !_isWorking || !_mustRecover)
            {
                return;
            }

            _isRecovering = true;
        }

        _ = RecoverAsync();
    }

    private async Task RecoverAsync()
    {
        while (Next())
        {
            var owned = Enumerable.Range(0, count).Where(shard => kernel.EpochOf(shard) != 0).ToArray();
            await ((Task)recovery.RunAsync(owned, _stopping.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Whether something has changed that was not recovered from yet.</summary>
    private bool Next()
    {
        lock (_gate)
        {
            _isRecovering = _isWorking && _mustRecover;
            _mustRecover = false;
            return _isRecovering;
        }
    }
}
