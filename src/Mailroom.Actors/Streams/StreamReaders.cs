namespace Mailroom.Actors.Streams;

/// <summary>
/// The consumers of the streams whose shards this node owns: each begins when its shard comes in and ends before it is given away. A shard that is
/// lost ends it at once; what it still writes is refused by the database.
/// </summary>
internal sealed class StreamReaders(int shards) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Reader> _readers = [];
    private bool _isStarted;

    /// <param name="stream">What to read.</param>
    /// <param name="make">Makes a consumer under the epoch of the stream's shard.</param>
    public void Add(string stream, Func<long, CommandConsumer> make)
    {
        lock (_gate)
        {
            _readers.Add(new(stream, CommandConsumer.ShardOf(stream, shards), make));
        }
    }

    public CommandConsumer? Of(string stream)
    {
        lock (_gate)
        {
            return _readers.Find(reader => reader.Stream == stream)?.Consumer;
        }
    }

    /// <summary>Begins to read the streams of the shards that are owned, and of those that come in later.</summary>
    public void Start(Func<int, long> epochOf)
    {
        lock (_gate)
        {
            _isStarted = true;
            foreach (var reader in _readers)
            {
                Begin(reader, epochOf(reader.Shard));
            }
        }
    }

    /// <summary>A shard came in under <paramref name="epoch"/>, or is lost (0).</summary>
    public void Owned(int shard, long epoch)
    {
        lock (_gate)
        {
            foreach (var reader in _readers.Where(reader => reader.Shard == shard))
            {
                reader.Consumer?.Dispose();
                reader.Consumer = null;
                if (_isStarted)
                {
                    Begin(reader, epoch);
                }
            }
        }
    }

    /// <summary>Ends the consumers of these shards when the batch under way is durable, <paramref name="within"/> at most. True: nothing was left open.</summary>
    public async Task<bool> StopAsync(Func<int, bool> ofShard, TimeSpan within)
    {
        List<CommandConsumer> ending = [];
        lock (_gate)
        {
            foreach (var reader in _readers.Where(reader => ofShard(reader.Shard)))
            {
                if (reader.Consumer is { } consumer)
                {
                    ending.Add(consumer);
                }
            }
        }

        var clean = await Task.WhenAll(ending.Select(consumer => consumer.StopAsync(within))).ConfigureAwait(false);
        return Array.TrueForAll(clean, ended => ended);
    }

    /// <summary>Begins no more consumers. Those that run are ended with <see cref="StopAsync"/>.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isStarted = false;
        }
    }

    public void Dispose()
    {
        Close();
        lock (_gate)
        {
            _readers.ForEach(reader => reader.Consumer?.Dispose());
        }
    }

    private static void Begin(Reader reader, long epoch)
    {
        if (epoch != 0)
        {
            reader.Consumer = reader.Make(epoch);
            reader.Consumer.Start();
        }
    }

    private sealed class Reader(string stream, int shard, Func<long, CommandConsumer> make)
    {
        public string Stream => stream;

        public int Shard => shard;

        public Func<long, CommandConsumer> Make => make;

        public CommandConsumer? Consumer { get; set; }
    }
}
