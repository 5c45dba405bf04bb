namespace Mailroom.Data.Redis;

/// <summary>Where the link stands that callers send by, and where they wait while there is none.</summary>
internal sealed class LinkPlace(RedisOptions options, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<RedisLink> _offered = New();
    private volatile RedisLink? _link;
    private RedisException? _lastFailure;
    private long _emptySince = clock.GetTimestamp();
    private int _waiting;

    /// <summary>The link, or null while there is none.</summary>
    public RedisLink? Link => _link;

    /// <summary>Completes when no link will come any more.</summary>
    public Task Closed => _closed.Task;

    public void Offer(RedisLink link)
    {
        lock (_gate)
        {
            _link = link;
            _lastFailure = null;
            _offered.TrySetResult(link);
        }
    }

    /// <summary>The link has ended, if it still stands here.</summary>
    public void Leave(RedisLink link)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return;
            }

            _link = null;
            _emptySince = clock.GetTimestamp();
            _offered = New();
        }
    }

    /// <summary>No link could be made this time.</summary>
    public void Failed(RedisException failure)
    {
        lock (_gate)
        {
            _lastFailure = failure;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed.TrySetResult();
        }
    }

    /// <summary>
    /// Waits for a link. Once there has been none for longer than a call may take, and the last try failed, callers are told at once.
    /// </summary>
    /// <param name="deadline">A timestamp.</param>
    /// <param name="isPatient">Waits to the deadline whatever the last try came to.</param>
    /// <exception cref="RedisException">None came.</exception>
    public async ValueTask<RedisLink> WaitForLinkAsync(long deadline, bool isPatient, CancellationToken cancel)
    {
        Task<RedisLink> offered;
        lock (_gate)
        {
            if (_closed.Task.IsCompleted)
            {
                throw RedisFailure.Disposed();
            }

            if (!isPatient && _lastFailure is { } failure && clock.GetElapsedTime(_emptySince) > options.OperationTimeout)
            {
                throw Again(failure);
            }

            offered = _offered.Task;
        }

        if (Interlocked.Increment(ref _waiting) > options.MaxInFlight)
        {
            Interlocked.Decrement(ref _waiting);
            throw RedisFailure.Full(options.Master);
        }

        try
        {
            var left = clock.GetElapsedTime(clock.GetTimestamp(), deadline);
            var first = await Task.WhenAny(offered, Closed).WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, clock, cancel).ConfigureAwait(false);
            return first == offered ? await offered.ConfigureAwait(false) : throw RedisFailure.Disposed();
        }
        catch (TimeoutException)
        {
            throw Late();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private RedisException Late()
    {
        lock (_gate)
        {
            return _lastFailure is { } failure ? Again(failure)
                : new(RedisFault.Unreachable, $"Redis at {options.Master} could not be connected to in time.");
        }
    }

    /// <summary>What stood in the way of the connection, for a command that was never sent.</summary>
    private static RedisException Again(RedisException failure) => new(failure.Fault, failure.Message, failure.Error, failure);

    private static TaskCompletionSource<RedisLink> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
