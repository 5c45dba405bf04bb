using System.Text;
using Mailroom.Actors.Streams;

namespace Mailroom.Data.Redis;

/// <summary>
/// A stream of commands in Redis, read with plain XREAD: no consumer group is made and nothing is acknowledged, as the offset lives in the
/// database (003 "reads one plain XREAD stream").
/// </summary>
public sealed class RedisCommandStream : ICommandStream
{
    /// <summary>The longest key that a stream may have, in bytes.</summary>
    private const int LongestName = 512;

    private readonly RedisConnections _connections;
    private readonly RedisCommand _facts;
    private readonly ReadPace _pace;

    /// <exception cref="ArgumentException">The name is empty or longer than 512 bytes.</exception>
    public RedisCommandStream(RedisConnections connections, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            throw new ArgumentException($"The stream's name is longer than {LongestName} bytes.", nameof(name));
        }

        (_connections, Name) = (connections, name);
        _facts = RedisCommand.Repeatable("XINFO", "STREAM", name);
        _pace = new(connections.Blocking.Options.Limits.MaxReply / 4);
    }

    public string Name { get; }

    /// <summary>The key of the copy of the offset.</summary>
    public string OffsetKey => Name + ":offset";

    public async ValueTask<IReadOnlyList<StreamEntry>> ReadAsync(StreamEntryId after, int limit, TimeSpan block, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        try
        {
            var count = _pace.Count(limit);
            var entries = StreamReplies.Entries(await ReadAsync(after, count, (long)block.TotalMilliseconds, cancel).ConfigureAwait(false), after);
            _pace.Took(count, entries);
            return entries;
        }
        catch (RedisException failure)
        {
            // What was not to be had in time was perhaps too much at once.
            _pace.Failed();
            throw Unavailable(failure);
        }
    }

    public async ValueTask<StreamFacts?> FactsAsync(CancellationToken cancel)
    {
        try
        {
            return StreamReplies.Facts(await _connections.Commands.ExecuteLargeAsync(_facts, cancel).ConfigureAwait(false));
        }
        catch (RedisException missing) when (missing.Error is { Prefix: "ERR", Message: "no such key" })
        {
            return null;
        }
        catch (RedisException failure)
        {
            throw Unavailable(failure);
        }
    }

    public async ValueTask SaveOffsetCopyAsync(StreamEntryId offset, CancellationToken cancel)
    {
        try
        {
            await _connections.Commands.ExecuteAsync(RedisCommand.Of("SET", OffsetKey, offset.ToString()), cancel).ConfigureAwait(false);
        }
        catch (RedisException failure)
        {
            throw Unavailable(failure);
        }
    }

    /// <summary>BLOCK 0 would wait for ever, so what is less than a millisecond does not block. A read that blocked is not repeated: its time is used up.</summary>
    private ValueTask<RedisReply> ReadAsync(StreamEntryId after, int count, long block, CancellationToken cancel) => block <= 0
        ? _connections.Blocking.ExecuteLargeAsync(RedisCommand.Repeatable("XREAD", "COUNT", count, "STREAMS", Name, after.ToString()), cancel)
        : _connections.Blocking.ExecuteBlockingAsync(
            RedisCommand.Of("XREAD", "COUNT", count, "BLOCK", block, "STREAMS", Name, after.ToString()), TimeSpan.FromMilliseconds(block), cancel);

    private StreamUnavailableException Unavailable(RedisException failure) => failure.Error?.Prefix == "WRONGTYPE"
        ? new($"The key {Name} in Redis holds no stream. Name another one with MAIL_REDIS_COMMAND_STREAM, or delete the key.", failure)
        : new(failure.Message, failure);
}
