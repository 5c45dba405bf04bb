using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Auth;

/// <summary>The keys that were asked for lately, good ones and bad ones apart, so that a flood of bad ones cannot drive out a good one.</summary>
internal sealed class ApiKeyCache(IApiKeys keys, IOrgStore orgs, TimeProvider clock, TimeSpan believed)
{
    private const int MaxKnown = 4096;
    private const int MaxUnknown = 4096;

    /// <summary>Different keys that are being looked up in the store at one time.</summary>
    private const int MaxLoading = 64;

    private readonly ConcurrentDictionary<KeyHash, KnownKey> _known = new();
    private readonly ConcurrentDictionary<KeyHash, long> _unknown = new();
    private readonly ConcurrentDictionary<KeyHash, Lazy<Task<KnownKey?>>> _loading = new();

    /// <summary>The key's entry, or null where there is no such key or it is revoked.</summary>
    /// <exception cref="ProblemException">Too many unknown keys are being looked up.</exception>
    /// <exception cref="StoreUnavailableException">The store cannot say.</exception>
    public ValueTask<KnownKey?> FindAsync(KeyHash hash)
    {
        if (_known.TryGetValue(hash, out var known) && clock.GetElapsedTime(known.LoadedAt) < believed)
        {
            return new(known);
        }

        if (_unknown.TryGetValue(hash, out var refusedAt) && clock.GetElapsedTime(refusedAt) < believed)
        {
            return new((KnownKey?)null);
        }

        if (known is null && _loading.Count >= MaxLoading && !_loading.ContainsKey(hash))
        {
            throw new ProblemException(new Problem(ProblemKinds.Busy, "Too many keys are being looked up at the moment.") { RetryAfter = 1 });
        }

        var load = _loading.GetOrAdd(hash, static (h, cache) => new Lazy<Task<KnownKey?>>(() => cache.LoadAsync(h)), this);
        return new(load.Value);
    }

    /// <summary>Each key's last use since the last call.</summary>
    public Dictionary<string, Instant> TakeUses()
    {
        var uses = new Dictionary<string, Instant>();
        foreach (var (_, known) in _known)
        {
            if (known.TakeUse() is { } at)
            {
                uses[known.Key.Id] = at;
            }
        }

        return uses;
    }

    /// <summary>Takes uses back that could not be written.</summary>
    public void GiveBack(IReadOnlyDictionary<string, Instant> uses)
    {
        foreach (var (_, known) in _known)
        {
            if (uses.TryGetValue(known.Key.Id, out var at))
            {
                known.NoteUse(at);
            }
        }
    }

    private async Task<KnownKey?> LoadAsync(KeyHash hash)
    {
        try
        {
            var bytes = hash.ToArray();
            var key = await keys.FindAsync(bytes, CancellationToken.None);
            if (key is null || key.RevokedAt is not null || !CryptographicOperations.FixedTimeEquals(key.Hash, bytes))
            {
                _known.TryRemove(hash, out _);
                MakeRoom(_unknown, MaxUnknown, static (at, c) => c.clock.GetElapsedTime(at) >= c.believed);
                _unknown[hash] = clock.GetTimestamp();
                return null;
            }

            var org = await orgs.FindAsync(key.Org, CancellationToken.None);
            MakeRoom(_known, MaxKnown, static (entry, c) => c.clock.GetElapsedTime(entry.LoadedAt) >= c.believed);
            var known = new KnownKey(key, org?.OnUncertain, clock.GetTimestamp());
            if (_known.TryGetValue(hash, out var earlier) && earlier.TakeUse() is { } used)
            {
                known.NoteUse(used);
            }

            _known[hash] = known;
            _unknown.TryRemove(hash, out _);
            return known;
        }
        finally
        {
            _loading.TryRemove(hash, out _);
        }
    }

    private void MakeRoom<T>(ConcurrentDictionary<KeyHash, T> entries, int limit, Func<T, (TimeProvider clock, TimeSpan believed), bool> isStale)
    {
        if (entries.Count < limit)
        {
            return;
        }

        foreach (var (hash, entry) in entries)
        {
            if (isStale(entry, (clock, believed)))
            {
                entries.TryRemove(hash, out _);
            }
        }

        if (entries.Count >= limit)
        {
            entries.Clear();
        }
    }
}

/// <summary>A valid key, what its org says, and when it was last used.</summary>
internal sealed class KnownKey(ApiKey key, UncertainPolicy? onUncertain, long loadedAt)
{
    private long _usedAt;

    public ApiKey Key { get; } = key;

    /// <summary>The org's policy; null: the service's default.</summary>
    public UncertainPolicy? OnUncertain { get; } = onUncertain;

    /// <summary>A timestamp of the clock.</summary>
    public long LoadedAt { get; } = loadedAt;

    public void NoteUse(Instant now) => Volatile.Write(ref _usedAt, now.UnixMilliseconds);

    public Instant? TakeUse() => Interlocked.Exchange(ref _usedAt, 0) is > 0 and var at ? new Instant(at) : null;
}
