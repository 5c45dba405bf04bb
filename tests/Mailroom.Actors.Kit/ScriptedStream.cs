using System.Text;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Kit;

/// <summary>A stream in memory that behaves as Redis 7 does: it counts what was added, trims, is emptied, and fails when told to.</summary>
public sealed class ScriptedStream(string name, IScheduler scheduler, TimeProvider clock) : ICommandStream
{
    private readonly List<StreamEntry> _entries = [];
    private TaskCompletionSource? _waiting;
    private bool _exists;
    private long _added;
    private StreamEntryId _last;
    private StreamEntryId? _deleted;

    public string Name { get; } = name;

    /// <summary>Every call fails until this is false again.</summary>
    public bool IsUnavailable { get; set; }

    /// <summary>Reads fail while everything else is answered, as where only one of two connections is back.</summary>
    public bool RefusesReads { get; set; }

    /// <summary>Copies of the offset fail, as on a server that can only be read.</summary>
    public bool RefusesCopies { get; set; }

    /// <summary>False: as a server before Redis 7, which does not count.</summary>
    public bool Counts { get; set; } = true;

    public StreamEntryId? Copy { get; private set; }

    /// <summary>The limits that reads asked for, in order.</summary>
    public List<int> Limits { get; } = [];

    public int Copies { get; private set; }

    /// <summary>Something that goes wrong at the next read, once.</summary>
    public Exception? FailNextRead { get; set; }

    /// <summary>Adds an entry of text fields under the next millisecond, and gives its id.</summary>
    public StreamEntryId Add(params (string Name, string Value)[] fields) => Add(new(_last.Milliseconds + 1, 0), fields);

    public StreamEntryId Add(StreamEntryId id, params (string Name, string Value)[] fields)
    {
        _entries.Add(new(id, [.. fields.Select(field => new StreamField(Encoding.UTF8.GetBytes(field.Name), Encoding.UTF8.GetBytes(field.Value)))]));
        (_exists, _last) = (true, id);
        _added++;
        Wake();
        return id;
    }

    /// <summary>Leaves the newest <paramref name="count"/> entries (XTRIM MAXLEN). What was trimmed does not count as deleted.</summary>
    public void Trim(int count) => _entries.RemoveRange(0, Math.Max(0, _entries.Count - count));

    /// <summary>Deletes one entry (XDEL).</summary>
    public void Delete(StreamEntryId id)
    {
        _entries.RemoveAll(entry => entry.Id == id);
        _deleted = _deleted is { } deleted && deleted > id ? deleted : id;
    }

    /// <summary>Takes the stream away altogether (FLUSHALL).</summary>
    public void Flush()
    {
        _entries.Clear();
        (_exists, _added, _last, _deleted) = (false, 0, default, null);
    }

    /// <summary>Loses the newest entries, as a failover to an older replica does.</summary>
    public void LoseNewest(int count)
    {
        _entries.RemoveRange(_entries.Count - count, count);
        _added -= count;
        _last = _entries.Count == 0 ? default : _entries[^1].Id;
    }

    public async ValueTask<IReadOnlyList<StreamEntry>> ReadAsync(StreamEntryId after, int limit, TimeSpan block, CancellationToken cancel)
    {
        Limits.Add(limit);
        if (FailNextRead is { } failure)
        {
            FailNextRead = null;
            throw failure;
        }

        if (RefusesReads)
        {
            throw new StreamUnavailableException("The test refuses reads.");
        }

        ThrowIfUnavailable();
        var ready = After(after, limit);
        if (ready.Count > 0 || block <= TimeSpan.Zero)
        {
            return ready;
        }

        var waiting = _waiting = new TaskCompletionSource();
        using var timer = clock.CreateTimer(_ => waiting.TrySetResult(), null, block, Timeout.InfiniteTimeSpan);
        using var stop = cancel.UnsafeRegister(_ => waiting.TrySetCanceled(cancel), null);
        await waiting.Task.ConfigureAwait(false);
        ThrowIfUnavailable();
        return After(after, limit);
    }

    public ValueTask<StreamFacts?> FactsAsync(CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(!_exists ? null : new StreamFacts(_entries.Count, _entries.Count == 0 ? null : _entries[0].Id, _last, Counts ? _deleted : null)
        {
            Added = Counts ? _added : null,
        });
    }

    public ValueTask SaveOffsetCopyAsync(StreamEntryId offset, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        if (RefusesCopies)
        {
            throw new StreamUnavailableException("The test refuses copies.");
        }

        Copy = offset;
        Copies++;
        return ValueTask.CompletedTask;
    }

    private List<StreamEntry> After(StreamEntryId after, int limit) => [.. _entries.Where(entry => entry.Id > after).Take(limit)];

    private void Wake()
    {
        if (_waiting is { } waiting)
        {
            _waiting = null;
            scheduler.Run(new Arrival(waiting));
        }
    }

    private void ThrowIfUnavailable()
    {
        if (IsUnavailable)
        {
            throw new StreamUnavailableException("The test made the stream unavailable.");
        }
    }

    private sealed class Arrival(TaskCompletionSource waiting) : IThreadPoolWorkItem
    {
        public void Execute() => waiting.TrySetResult();
    }
}
