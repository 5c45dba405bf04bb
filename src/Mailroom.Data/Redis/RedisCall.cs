namespace Mailroom.Data.Redis;

/// <summary>A command on its way. It ends once: with its reply, a failure or its caller's cancellation, whichever is first.</summary>
/// <param name="patience">How long the caller waits for the reply, from now on.</param>
internal class RedisCall(RedisCommand command, TimeSpan patience, TimeProvider clock)
    : TaskCompletionSource<RedisReply>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public RedisCommand Command { get; } = command;

    public TimeSpan Patience { get; } = patience;

    /// <summary>A timestamp of the client's clock: without a reply by then the call has failed.</summary>
    public long Deadline { get; } = clock.After(patience);

    /// <summary>While its reply is arriving the deadline is put off up to this timestamp. 0: it is not put off.</summary>
    public long ArrivedBy { get; init; }

    /// <summary>The server holds the connection until it answers, so an end before that is the connection's end too.</summary>
    public bool IsBlocking { get; init; }

    /// <summary>The reply came. It may be an error.</summary>
    public virtual void Answer(in RedisReply reply) => TrySetResult(reply);

    /// <summary>False: it had ended before.</summary>
    public bool Fail(RedisException failure)
    {
        if (!TrySetException(failure))
        {
            return false;
        }

        // Seen here: not everyone who asks stays to hear.
        _ = Task.Exception;
        return true;
    }
}
