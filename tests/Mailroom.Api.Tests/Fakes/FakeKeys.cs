using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Fakes;

public sealed class FakeKeys : IApiKeys
{
    private readonly ConcurrentDictionary<string, ApiKey> _byHash = new();
    private int _lookUps;

    /// <summary>How often the store was asked for a key.</summary>
    public int LookUps => Volatile.Read(ref _lookUps);

    /// <summary>Asked before the answer is given.</summary>
    public Func<Task>? Before { get; set; }

    public Exception? Fails { get; set; }

    public Channel<IReadOnlyDictionary<string, Instant>> Touched { get; } = Channel.CreateUnbounded<IReadOnlyDictionary<string, Instant>>();

    public void Add(string key, OrgId org, Instant? revokedAt = null)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes(key));
        _byHash[Convert.ToHexString(hash)] = new ApiKey("key_" + _byHash.Count, org, "test", key[..12], hash, Instant.Epoch, revokedAt, null);
    }

    public async ValueTask<ApiKey?> FindAsync(byte[] hash, CancellationToken cancel)
    {
        Interlocked.Increment(ref _lookUps);
        if (Before is { } wait)
        {
            await wait();
        }

        return Fails is { } error ? throw error : _byHash.GetValueOrDefault(Convert.ToHexString(hash));
    }

    public ValueTask AddAsync(ApiKey key, CancellationToken cancel)
    {
        _byHash[Convert.ToHexString(key.Hash)] = key;
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<ApiKey>> ListAsync(OrgId? org, CancellationToken cancel) =>
        new([.. _byHash.Values.Where(key => org is null || key.Org == org).OrderBy(key => key.Id, StringComparer.Ordinal)]);

    public ValueTask<bool> RevokeAsync(string id, Instant at, CancellationToken cancel)
    {
        foreach (var (hash, key) in _byHash)
        {
            if (key.Id == id)
            {
                _byHash[hash] = key with { RevokedAt = at };
                return new(true);
            }
        }

        return new(false);
    }

    public ValueTask TouchAsync(IReadOnlyDictionary<string, Instant> used, CancellationToken cancel)
    {
        Touched.Writer.TryWrite(used);
        return ValueTask.CompletedTask;
    }
}
