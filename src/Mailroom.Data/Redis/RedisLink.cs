using System.Buffers;
using System.Net.Sockets;

namespace Mailroom.Data.Redis;

/// <summary>
/// One connection from its opening to its end. Many callers send, one writer writes what gathered while the last write ran, one reader
/// hands the replies out in the order of the commands. It never comes back: whatever goes wrong ends it, with every call that waits.
/// </summary>
internal sealed class RedisLink : IThreadPoolWorkItem, IAsyncDisposable
{
    private const int ReadAtOnce = 64 * 1024;
    private const int KeptRoom = 1024 * 1024;

    private static readonly TimeSpan EndTakesAtMost = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<RedisCall> _inFlight = new();
    private readonly TaskCompletionSource<RedisException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream _stream;
    private readonly RedisOptions _options;
    private readonly TimeProvider _clock;
    private readonly RespDecoder _decoder;
    private readonly LinkWatch _watch;
    private readonly Task _reading;
    private ArrayBufferWriter<byte> _gathered = new();
    private ArrayBufferWriter<byte> _outgoing = new();
    private bool _isWriting;
    private bool _isReady;
    private RedisException? _cause;

    public RedisLink(RedisAddress server, Stream stream, RedisOptions options, TimeProvider clock)
    {
        (Server, _stream, _options, _clock) = (server, stream, options, clock);
        _decoder = new(options.Limits);
        _watch = new(clock, options, Look);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>What became of a command that was to be sent.</summary>
    public enum Sending
    {
        /// <summary>It is on its way; the call will end.</summary>
        Sent,

        /// <summary>The link had ended: nothing was sent.</summary>
        Ended,

        /// <summary>Too much is waiting: nothing was sent.</summary>
        Full,
    }

    public RedisAddress Server { get; }

    /// <summary>Completes with the cause when the link has ended.</summary>
    public Task<RedisException> Ended => _ended.Task;

    /// <summary>The handshake is over: from now on it is watched for signs of life and for its server's role.</summary>
    public void Ready()
    {
        lock (_gate)
        {
            _isReady = true;
            _watch.RoleIsKnown();
            _watch.Arm(_inFlight);
        }
    }

    public Sending TrySend(RedisCall call)
    {
        lock (_gate)
        {
            if (_cause is not null)
            {
                return Sending.Ended;
            }

            if (_inFlight.Count >= _options.MaxInFlight || _gathered.WrittenCount + (long)call.Command.Encoded.Length > _options.MaxUnsentBytes)
            {
                return Sending.Full;
            }

            if (_isReady && _watch.RoleIsStale)
            {
                // In front of the command, so that nothing that a replica says to it is taken.
                Put(new RoleQuestion(this));
            }

            Put(call);
        }

        return Sending.Sent;
    }

    /// <summary>Ends the link and fails every call that waits. Only the first cause counts.</summary>
    public void End(RedisException cause)
    {
        RedisCall[] waiting;
        lock (_gate)
        {
            if (_cause is not null)
            {
                return;
            }

            _cause = cause;
            waiting = [.. _inFlight];
            _inFlight.Clear();
            _watch.Dispose();
        }

        _stream.Dispose();
        foreach (var call in waiting)
        {
            call.Fail(cause);
        }

        _ended.TrySetResult(cause);
    }

    public async ValueTask DisposeAsync()
    {
        End(RedisFailure.Disposed());
        await Task.WhenAny(_reading, Task.Delay(EndTakesAtMost, _clock)).ConfigureAwait(false);
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    private void Put(RedisCall call)
    {
        _gathered.Write(call.Command.Encoded.Span);
        _inFlight.Enqueue(call);
        _watch.Sent(call);
        if (!_isWriting)
        {
            _isWriting = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (TryTakeGathered())
            {
                await _stream.WriteAsync(_outgoing.WrittenMemory).ConfigureAwait(false);
                if (_outgoing.Capacity > KeptRoom)
                {
                    _outgoing = new();
                }
                else
                {
                    _outgoing.ResetWrittenCount();
                }
            }
        }
        catch (Exception failure)
        {
            End(RedisFailure.Lost(Server, failure.Message, failure));
        }
    }

    private bool TryTakeGathered()
    {
        lock (_gate)
        {
            if (_gathered.WrittenCount == 0 || _cause is not null)
            {
                _isWriting = false;
                return false;
            }

            (_gathered, _outgoing) = (_outgoing, _gathered);
            return true;
        }
    }

    private async Task ReadAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadAtOnce);
        try
        {
            int read;
            while ((read = await _stream.ReadAsync(buffer).ConfigureAwait(false)) > 0)
            {
                Take(buffer.AsSpan(0, read));
            }

            End(RedisFailure.Lost(Server, "the server closed it."));
        }
        catch (RespException stranger)
        {
            End(RedisFailure.NotResp(Server, stranger.Message));
        }
        catch (Exception failure)
        {
            // Whatever it is, calls must not wait for a reader that is no more.
            End(RedisFailure.Lost(Server, failure is SocketException or IOException ? failure.Message : failure.ToString(), failure));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (_decoder.TryRead(ref bytes, out var reply))
        {
            if (reply.Kind == RedisReplyKind.Push)
            {
                continue;
            }

            if (!TryNext(out var call))
            {
                return;
            }

            call.Answer(reply);
            if (reply.Error is { } error && EndsTheLink(error))
            {
                End(RedisFailure.Answered(Server, call.Command.Name, error));
                return;
            }
        }

        _watch.HasRead(_decoder.IsMidReply);
    }

    /// <summary>The call that a reply belongs to. False: the link has ended, or ends as nothing was asked.</summary>
    private bool TryNext([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RedisCall? call)
    {
        lock (_gate)
        {
            if (_inFlight.TryDequeue(out call))
            {
                return true;
            }
        }

        End(RedisFailure.NotResp(Server, "a reply to nothing"));
        return false;
    }

    /// <summary>Errors after which this server is not the one to ask: another one may be the master now, or the password has changed.</summary>
    private bool EndsTheLink(RedisError error) => _isReady && error.Prefix is "READONLY" or "UNBLOCKED" or "MASTERDOWN" or "NOAUTH";

    /// <summary>Called by the watch when something may be late.</summary>
    private void Look()
    {
        List<RedisCall>? late;
        bool isHung;
        lock (_gate)
        {
            if (_cause is not null)
            {
                return;
            }

            late = _watch.Late(_inFlight, out isHung);
            if (_isReady && _watch.IsIdle(_inFlight))
            {
                Put(new(KeepAlive.Ping, _options.OperationTimeout, _clock));
            }

            _watch.Arm(_inFlight);
        }

        foreach (var call in late ?? [])
        {
            isHung |= call.Fail(RedisFailure.TimedOut(Server, call.Command.Name, call.Patience)) && call.IsBlocking;
        }

        if (isHung)
        {
            End(RedisFailure.StoppedAnswering(Server));
        }
    }

    private static class KeepAlive
    {
        public static readonly RedisCommand Ping = RedisCommand.Repeatable("PING");
    }

    /// <summary>Asks the server whether it is still the master, and ends the link if not.</summary>
    private sealed class RoleQuestion(RedisLink link) : RedisCall(RedisRole.Question, link._options.OperationTimeout, link._clock)
    {
        public override void Answer(in RedisReply reply)
        {
            base.Answer(reply);
            if (RedisRole.IsReplica(reply))
            {
                link.End(RedisFailure.NotMaster(link.Server));
            }
            else
            {
                link._watch.RoleIsKnown();
            }
        }
    }
}
