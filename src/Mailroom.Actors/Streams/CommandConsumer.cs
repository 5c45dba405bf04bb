using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>What a consumer stands on.</summary>
/// <param name="Effects">Runs what deliveries want done once they are durable: a slot for their first attempt.</param>
public sealed record ConsumerPorts(
    ICommandStream Stream, IStreamStore Store, ICommandParser Parser, IIdSource Ids, IEffects Effects, IStreamEvents Events, IScheduler Scheduler, TimeProvider Clock);

/// <summary>
/// Takes mail in from one stream of commands: reads from the stored offset, decides, and makes the deliveries, the records of what
/// was refused and the offset durable in one transaction, so that every entry counts exactly once. The next read is under way
/// while a batch is written.
/// </summary>
public sealed class CommandConsumer : IThreadPoolWorkItem, IDisposable
{
    private readonly ConsumerPorts _ports;
    private readonly ConsumerOptions _options;
    private readonly string _stream;
    private readonly CommandReader _reader;
    private readonly BatchWriter _writer;
    private readonly Spell _streamSpell;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly TaskCompletionSource _ended = new();

    /// <summary>How far entries were read, written or not; null: to be asked of the database.</summary>
    private StreamCursor? _at;

    /// <summary>Where the database stood when it refused a write.</summary>
    private StreamCursor? _refusedAt;
    private bool _wasRefused;
    private bool _lost;
    private Task<WriteEnd> _writing = Task.FromResult(WriteEnd.Written);
    private long? _factsAt;
    private long? _copiedAt;
    private StreamEntryId? _copied;

    /// <param name="shards">How many shards deliveries are spread over.</param>
    /// <param name="epoch">The epoch under which this node owns <see cref="ShardOf"/> the stream.</param>
    public CommandConsumer(ConsumerPorts ports, ConsumerOptions options, IntakeOptions intake, int shards, long epoch)
    {
        _ports = ports;
        _options = options;
        _stream = ports.Stream.Name;
        _streamSpell = new(_stream, "stream", options, ports.Events, ports.Clock);
        _reader = new(ports.Parser, new(ports.Ids, intake), ports.Events, _stream, shards);
        _writer = new(
            ports.Store, _stream, new(ShardOf(_stream, shards), epoch), options, ports.Effects, ports.Events,
            new(_stream, "store", options, ports.Events, ports.Clock), ports.Clock);
    }

    /// <summary>Completes when the consumer has ended: stopped, or somebody else reads the stream.</summary>
    public Task Ended => _ended.Task;

    private bool IsOver => _lost || _stopping.IsCancellationRequested;

    /// <summary>The shard whose owner reads a stream.</summary>
    public static int ShardOf(string stream, int shards) => StableHash.Shard(stream, shards);

    /// <summary>Begins to read. To be called once.</summary>
    public void Start() => _ports.Scheduler.Run(this);

    /// <summary>
    /// Reads no more and waits until the batch under way is durable, <paramref name="within"/> at most; what is not by then is read again
    /// at the next start. True: nothing was left open. Only after <see cref="Start"/>.
    /// </summary>
    public async Task<bool> StopAsync(TimeSpan within)
    {
        _stopping.Cancel();
        try
        {
            await Ended.WaitAsync(within, _ports.Clock).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            _abandon.Cancel();
            return false;
        }
    }

    /// <summary>Stops at once.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _abandon.Cancel();
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        while (!IsOver)
        {
            try
            {
                await StepAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (IsOver)
            {
                break;
            }
            catch (Exception why)
            {
                await FailedAsync(why).ConfigureAwait(false);
            }
        }

        await ((Task)_writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_writer.Stored?.Offset is { } offset && offset != _copied)
        {
            await TryCopyAsync(offset, _abandon.Token).ConfigureAwait(false);
        }

        _ended.TrySetResult();
    }

    private async ValueTask StepAsync()
    {
        var at = _at ?? await BeginAsync().ConfigureAwait(false);
        if (_lost)
        {
            return;
        }

        if (IsDue(_factsAt, _options.FactsInterval) && !await CheckAsync(at).ConfigureAwait(false))
        {
            return;
        }

        at = _at!.Value;
        var entries = await ReadAsync(at.Offset).ConfigureAwait(false);
        var items = Read(entries);
        if (!await WrittenAsync().ConfigureAwait(false))
        {
            return;
        }

        await CopyAsync(isIdle: items.Count == 0).ConfigureAwait(false);
        if (items.Count > 0)
        {
            _at = new(items[^1].Entry.Id, at.Entries + items.Count);
            _writing = _writer.WriteAsync(items, at, _abandon.Token);
        }
    }

    /// <summary>Asks the database where to go on.</summary>
    private async ValueTask<StreamCursor> BeginAsync()
    {
        var stored = await _writer.ReadAsync(_stopping.Token).ConfigureAwait(false);
        if (_wasRefused && stored == _refusedAt)
        {
            // The offset is the expected one and yet nothing may be written: the shard has another owner.
            _lost = true;
            _ports.Events.Lost(_stream);
        }

        _wasRefused = false;
        _factsAt = null;
        var at = stored ?? StreamContinuity.First(await _ports.Stream.FactsAsync(_stopping.Token).ConfigureAwait(false));
        _at = at;
        return at;
    }

    /// <summary>Facts come by another connection than entries, so only a read ends a spell; one that might end it does not wait for an entry first.</summary>
    private async ValueTask<IReadOnlyList<StreamEntry>> ReadAsync(StreamEntryId after)
    {
        var block = _streamSpell.IsFailing ? TimeSpan.Zero : _options.Block;
        var entries = await _ports.Stream.ReadAsync(after, _options.Batch, block, _stopping.Token).ConfigureAwait(false);
        _streamSpell.Succeeded();
        return entries;
    }

    /// <summary>Looks for entries that were lost. False: where to go on has to be asked again.</summary>
    private async ValueTask<bool> CheckAsync(StreamCursor at)
    {
        var facts = await _ports.Stream.FactsAsync(_stopping.Token).ConfigureAwait(false);
        _factsAt = _ports.Clock.GetTimestamp();
        var (verdict, after, lost) = StreamContinuity.Check(at, facts);
        if (verdict == Continuity.Whole)
        {
            _at = after;
            return true;
        }

        if (!await WrittenAsync().ConfigureAwait(false))
        {
            return false;
        }

        _writing = verdict switch
        {
            Continuity.Gap => _writer.WriteAsync(StreamRecords.Gap(at, facts!, lost), after, gaps: 1, resets: 0, _abandon.Token),
            Continuity.Reset => _writer.WriteAsync(StreamRecords.Reset(at, facts), after, gaps: 0, resets: 1, _abandon.Token),
            _ => throw new InvalidOperationException($"Not a verdict: {verdict}."),
        };
        if (!await WrittenAsync().ConfigureAwait(false))
        {
            return false;
        }

        _at = after;
        if (verdict == Continuity.Gap)
        {
            _ports.Events.GapFound(_stream, at.Offset, lost);
        }
        else
        {
            // What the new stream has lost already is looked for at once.
            _factsAt = null;
            _ports.Events.ResetFound(_stream, at.Offset, facts?.LastGenerated);
        }

        return true;
    }

    private List<StreamItem> Read(IReadOnlyList<StreamEntry> entries)
    {
        var items = new List<StreamItem>(entries.Count);
        var now = _ports.Clock.Now();
        for (var index = 0; index < entries.Count; index++)
        {
            items.Add(_reader.Read(entries[index], now));
        }

        return items;
    }

    /// <summary>Waits for the write under way. False: it was not written, and where to go on has to be asked again.</summary>
    private async ValueTask<bool> WrittenAsync()
    {
        var writing = _writing;
        _writing = Task.FromResult(WriteEnd.Written);
        var at = _at;

        // Until it is known to be written, nothing may be read beyond it.
        _at = null;
        var end = await writing.ConfigureAwait(false);
        if (end == WriteEnd.Written)
        {
            _at = at;
            return true;
        }

        _wasRefused = end == WriteEnd.Refused;
        _refusedAt = _writer.Stored;
        return false;
    }

    private async ValueTask FailedAsync(Exception why)
    {
        if (why is not StreamUnavailableException)
        {
            _ports.Events.Faulted(_stream, _at?.Offset ?? StreamEntryId.Start, why);
        }

        // It may be another server that answers next, with another past.
        _factsAt = null;
        try
        {
            await _streamSpell.FailedAsync(why, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop ends by itself.
            _at = null;
        }
    }

    /// <summary>To be called while nothing is being written.</summary>
    private async ValueTask CopyAsync(bool isIdle)
    {
        if (_writer.Stored?.Offset is { } offset && offset != _copied && (isIdle || IsDue(_copiedAt, _options.CopyInterval)))
        {
            _copiedAt = _ports.Clock.GetTimestamp();
            if (await TryCopyAsync(offset, _stopping.Token).ConfigureAwait(false))
            {
                _copied = offset;
            }
        }
    }

    /// <summary>A server that can be read and not written to must not stop the intake, so a copy that fails is only older.</summary>
    private async ValueTask<bool> TryCopyAsync(StreamEntryId offset, CancellationToken cancel)
    {
        try
        {
            await _ports.Stream.SaveOffsetCopyAsync(offset, cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception why) when (why is StreamUnavailableException or OperationCanceledException)
        {
            return false;
        }
    }

    private bool IsDue(long? since, TimeSpan interval) => since is not { } at || _ports.Clock.GetElapsedTime(at) >= interval;
}
