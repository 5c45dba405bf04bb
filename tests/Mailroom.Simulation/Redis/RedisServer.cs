using Mailroom.Actors.Streams;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Redis;

/// <summary>One stream as Redis 7 keeps it: it counts what was added, forgets what it is told to, and loses its newest entries to a failover.</summary>
internal sealed class RedisServer(Timeline timeline, SeededRandom random, History history)
{
    public const string Stream = "mail:delivery_commands";

    private readonly List<StreamEntry> _entries = [];
    private readonly List<WaitingRead> _waiting = [];
    private bool _exists;
    private long _added;
    private StreamEntryId _last;
    private bool _isDown;

    public bool IsDown
    {
        get => _isDown;
        set
        {
            _isDown = value;
            if (value)
            {
                Answer(_ => new StreamUnavailableException("Redis went down."));
            }
        }
    }

    /// <summary>How often one call fails for no reason.</summary>
    public double Fails { get; set; }

    public IReadOnlyList<StreamEntry> Entries => _entries;

    /// <summary>Every entry that ever was, those since lost included.</summary>
    public List<StreamEntry> Ever { get; } = [];

    /// <summary>Entries that nobody can read any more, and how they went.</summary>
    public Dictionary<StreamEntryId, string> Gone { get; } = [];

    public int Resets { get; private set; }

    public TimeSpan DrawTravel() => random.Milliseconds(0.05, 0.5);

    public bool DrawFailure() => IsDown || random.Chance(Fails);

    public StreamEntryId Add(IReadOnlyList<StreamField> fields)
    {
        // Ids are times in milliseconds; two in one millisecond are told apart by a number.
        var now = (ulong)timeline.Now.TotalMilliseconds + 1;
        var id = now > _last.Milliseconds ? new StreamEntryId(now, 0) : new StreamEntryId(_last.Milliseconds, _last.Sequence + 1);
        var entry = new StreamEntry(id, fields);
        _entries.Add(entry);
        Ever.Add(entry);
        (_exists, _last) = (true, id);
        _added++;
        history.Add(-1, "xadd", id.ToString());
        Answer(read => After(read.After, read.Limit));
        return id;
    }

    /// <summary>Leaves the newest <paramref name="count"/> entries (XTRIM MAXLEN). What goes before anybody has ever read is nobody's loss.</summary>
    public void Trim(int count, string how)
    {
        history.Add(-1, "xtrim", null, count);
        Remove(0, Math.Max(0, _entries.Count - count), how);
    }

    /// <summary>Takes the stream away altogether (FLUSHALL).</summary>
    public void Flush()
    {
        history.Add(-1, "flushall");
        Remove(0, _entries.Count, "flushed");
        (_exists, _added, _last) = (false, 0, default);
        Resets++;
    }

    /// <summary>Loses the newest entries, as a failover to an older replica does.</summary>
    public void LoseNewest(int count)
    {
        count = Math.Min(count, _entries.Count);
        history.Add(-1, "lost_tail", null, count);
        Remove(_entries.Count - count, count, "lost");
        _added -= count;
        _last = _entries.Count == 0 ? default : _entries[^1].Id;
        Resets++;
    }

    public StreamFacts? Facts() => !_exists ? null : new(_entries.Count, _entries.Count == 0 ? null : _entries[0].Id, _last, null) { Added = _added };

    public List<StreamEntry> After(StreamEntryId after, int limit)
    {
        var first = _entries.Count;
        while (first > 0 && _entries[first - 1].Id > after)
        {
            first--;
        }

        return _entries.GetRange(first, Math.Min(limit, _entries.Count - first));
    }

    /// <summary>A read that waits at the server until there is something, or until <paramref name="block"/> is over.</summary>
    public void Wait(WaitingRead read, TimeSpan block)
    {
        _waiting.Add(read);
        timeline.After(block, () =>
        {
            if (_waiting.Remove(read))
            {
                read.Answer(new List<StreamEntry>());
            }
        });
    }

    private void Answer(Func<WaitingRead, object> with)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        WaitingRead[] waiting = [.. _waiting];
        _waiting.Clear();
        foreach (var read in waiting)
        {
            read.Answer(with(read));
        }
    }

    private void Remove(int from, int count, string how)
    {
        for (var index = from; index < from + count; index++)
        {
            Gone[_entries[index].Id] = how;
        }

        _entries.RemoveRange(from, count);
    }
}

/// <summary>A blocked XREAD.</summary>
internal sealed record WaitingRead(StreamEntryId After, int Limit, Action<object> Answer);
