namespace Mailroom.Data.Redis;

/// <summary>
/// Redis for many callers over one connection: their commands are pipelined, each has a deadline of its own, and a connection that is lost
/// is made anew. A command is never sent twice unless it says that it may be. Calls that are not awaited run in their order for as long as
/// one connection stands; those that wait for a connection go out in any order.
/// </summary>
public sealed class RedisClient : IAsyncDisposable
{
    /// <summary>A connection that stood for so long has earned that the next one is tried quickly.</summary>
    private static readonly TimeSpan StoodLong = TimeSpan.FromSeconds(1);

    /// <summary>The longest that a large reply may go on arriving.</summary>
    private static readonly TimeSpan LongestArrival = TimeSpan.FromSeconds(60);

    private static readonly RedisCommand Ping = RedisCommand.Repeatable("PING");

    private readonly RedisOptions _options;
    private readonly IRedisEvents _events;
    private readonly TimeProvider _clock;
    private readonly RedisConnector _connector;
    private readonly LinkPlace _place;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task? _keeping;
    private bool _isDisposed;

    /// <summary>Connects at its first use, so a server that is down does not fail this.</summary>
    /// <param name="name">What the client is for: part of its name at the server and of what <paramref name="events"/> is told.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public RedisClient(RedisOptions options, string name, IRedisEvents events, TimeProvider clock)
    {
        _options = options.Validated();
        (Name, _events, _clock) = (name, events, clock);
        _connector = new(_options, name, clock);
        _place = new(_options, clock);
    }

    public string Name { get; }

    public RedisOptions Options => _options;

    /// <summary>Runs a command and gives its reply within <see cref="RedisOptions.OperationTimeout"/>.</summary>
    /// <exception cref="RedisException">There is no reply, or it is an error.</exception>
    public ValueTask<RedisReply> ExecuteAsync(RedisCommand command, CancellationToken cancel) =>
        RunAsync(command, _options.OperationTimeout, isBlocking: false, isLarge: false, cancel);

    /// <summary>As <see cref="ExecuteAsync"/>, but a reply that has begun to come may go on coming, up to a minute: for large ones.</summary>
    /// <inheritdoc cref="ExecuteAsync"/>
    public ValueTask<RedisReply> ExecuteLargeAsync(RedisCommand command, CancellationToken cancel) =>
        RunAsync(command, _options.OperationTimeout, isBlocking: false, isLarge: true, cancel);

    /// <summary>
    /// Runs a command for which the server may wait. It holds the connection meanwhile, so this is for a client that does nothing else. A
    /// call that is cancelled or late ends the connection, which frees the server's side too.
    /// </summary>
    /// <param name="block">How long the server was told to wait at most; its reply may be late by <see cref="RedisOptions.OperationTimeout"/>.</param>
    /// <inheritdoc cref="ExecuteAsync"/>
    public ValueTask<RedisReply> ExecuteBlockingAsync(RedisCommand command, TimeSpan block, CancellationToken cancel) =>
        RunAsync(command, block + _options.OperationTimeout, isBlocking: true, isLarge: true, cancel);

    /// <summary>Makes the connection if there is none, and asks for a sign of life. For the start: bounded by the time that connecting may take, 1 to 10 s.</summary>
    /// <exception cref="RedisException">There is none.</exception>
    public async Task PingAsync(CancellationToken cancel)
    {
        Begin();
        await _place.WaitForLinkAsync(_clock.After(_options.ConnectTimeout + _options.OperationTimeout), isPatient: true, cancel).ConfigureAwait(false);
        await ExecuteAsync(Ping, cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Task? keeping;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            keeping = _keeping;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _place.Close();
        if (keeping is not null)
        {
            await keeping.ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    private async ValueTask<RedisReply> RunAsync(RedisCommand command, TimeSpan patience, bool isBlocking, bool isLarge, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var mayRepeat = command.IsRepeatable;
        for (var deadline = _clock.After(patience); ;)
        {
            var link = _place.Link ?? await WaitAsync(deadline, cancel).ConfigureAwait(false);
            var call = new RedisCall(command, _clock.GetElapsedTime(_clock.GetTimestamp(), deadline), _clock)
            {
                ArrivedBy = isLarge ? deadline + _clock.Ticks(LongestArrival) : 0,
                IsBlocking = isBlocking,
            };
            switch (link.TrySend(call))
            {
                case RedisLink.Sending.Sent:
                    break;
                case RedisLink.Sending.Ended:
                    _place.Leave(link);
                    continue;
                case RedisLink.Sending.Full:
                    throw RedisFailure.Full(link.Server);
                default:
                    throw new InvalidOperationException("The link gave an answer that the client does not know.");
            }

            try
            {
                return Checked(await AwaitAsync(link, call, cancel).ConfigureAwait(false), link, command);
            }
            catch (RedisException lost) when (mayRepeat && lost.Fault is RedisFault.ConnectionLost or RedisFault.NotMaster && _clock.GetTimestamp() < deadline)
            {
                mayRepeat = false;
            }
        }
    }

    private static async ValueTask<RedisReply> AwaitAsync(RedisLink link, RedisCall call, CancellationToken cancel)
    {
        if (!cancel.CanBeCanceled)
        {
            return await call.Task.ConfigureAwait(false);
        }

        using var registration = cancel.UnsafeRegister(static (state, token) => ((RedisCall)state!).TrySetCanceled(token), call);
        try
        {
            return await call.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (call.IsBlocking)
        {
            link.End(RedisFailure.TakenBack(link.Server));
            throw;
        }
    }

    private static RedisReply Checked(in RedisReply reply, RedisLink link, RedisCommand command) =>
        reply.Error is { } error ? throw RedisFailure.Answered(link.Server, command.Name, error) : reply;

    private ValueTask<RedisLink> WaitAsync(long deadline, CancellationToken cancel)
    {
        Begin();
        return _place.WaitForLinkAsync(deadline, isPatient: false, cancel);
    }

    /// <summary>Starts to keep a connection, once.</summary>
    private void Begin()
    {
        lock (_gate)
        {
            if (!_isDisposed)
            {
                _keeping ??= Task.Run(KeepConnectedAsync);
            }
        }
    }

    private async Task KeepConnectedAsync()
    {
        var backoff = new Backoff(_options.FirstBackoff, _options.LongestBackoff, Random.Shared);
        try
        {
            while (true)
            {
                await Task.Delay(await ConnectOnceAsync(backoff).ConfigureAwait(false), _clock, _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            _place.Close();
        }
    }

    /// <summary>Makes a connection and holds it until it ends, or fails to. Gives the wait before the next.</summary>
    private async Task<TimeSpan> ConnectOnceAsync(Backoff backoff)
    {
        try
        {
            var link = await _connector.ConnectAsync(_stopping.Token).ConfigureAwait(false);
            var began = _clock.GetTimestamp();
            var cause = await HoldAsync(link).ConfigureAwait(false);
            _stopping.Token.ThrowIfCancellationRequested();
            if (_clock.GetElapsedTime(began) >= StoodLong)
            {
                backoff.Reset();
            }

            if (!cause.IsOurDoing)
            {
                _events.Lost(Name, cause);
            }

            return backoff.Next();
        }
        catch (Exception failure) when (!_stopping.IsCancellationRequested)
        {
            var known = failure as RedisException ?? new(RedisFault.Unreachable, $"Redis cannot be connected to: {failure.Message}", cause: failure);
            var wait = backoff.Next();
            _place.Failed(known);
            _events.Unavailable(Name, known, wait);
            return wait;
        }
    }

    /// <summary>Offers a link until it ends.</summary>
    private async Task<RedisException> HoldAsync(RedisLink link)
    {
        await using (link.ConfigureAwait(false))
        {
            _events.Connected(Name, link.Server);
            _place.Offer(link);
            await Task.WhenAny(link.Ended, _place.Closed).ConfigureAwait(false);
            _place.Leave(link);
        }

        return await link.Ended.ConfigureAwait(false);
    }

    public override string ToString() => $"{Name}: {_options}";
}
