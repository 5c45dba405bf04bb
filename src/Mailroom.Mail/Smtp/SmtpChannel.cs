using System.Buffers;
using System.Buffers.Text;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>
/// Commands out, replies in, over one connection, each wait under the connection's deadline. Knows the form of the
/// protocol and not its order. Every failure is an <see cref="SmtpFailureException"/> and ends the channel.
/// </summary>
internal sealed class SmtpChannel : IAsyncDisposable
{
    private const int FirstBuffer = 4 * 1024;

    private readonly SmtpWire _wire;
    private readonly ReplyMemory _memory = new();
    private Stream _stream;
    private byte[] _in = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _lastStart;
    private int _inStart;
    private int _inEnd;
    private ReplyScanner _scanner;
    private byte[] _out = ArrayPool<byte>.Shared.Rent(FirstBuffer);
    private int _outLength;
    private bool _disposed;

    public SmtpChannel(SmtpWire wire, SendDeadline deadline, SmtpConversation conversation)
    {
        (_wire, Deadline, Conversation) = (wire, deadline, conversation);
        _stream = wire.Stream;
    }

    public SendDeadline Deadline { get; }

    public SmtpConversation Conversation { get; set; }

    /// <summary>How a reply to AUTH is noted; set by who knows the secrets.</summary>
    public Func<SmtpReply, SmtpReply>? Shown { get; set; }

    public bool IsEncrypted => _stream is SslStream;

    /// <summary>Bytes of replies that were read and not taken.</summary>
    public bool HasBuffered => _inEnd > _inStart;

    public bool BufferedStartsWith(ReadOnlySpan<byte> octets) => _in.AsSpan(_inStart, _inEnd - _inStart).StartsWith(octets);

    /// <summary>
    /// Does the server speak, or has it gone, while it is not its turn? Under TLS bytes below may be no reply but the
    /// protocol's own (a session ticket), so only the end counts there.
    /// </summary>
    public bool HasUnexpected => HasBuffered || _wire.Input switch
    {
        SmtpWireInput.Nothing => false,
        SmtpWireInput.End => true,
        SmtpWireInput.Bytes => !IsEncrypted,
        var unknown => throw new InvalidOperationException($"The wire's input is {unknown}, which this client does not know."),
    };

    /// <summary>Nothing at all is waiting: the only state in which an idle connection may be used again.</summary>
    public bool IsQuiet => !HasBuffered && !Deadline.Token.IsCancellationRequested && _wire.Input == SmtpWireInput.Nothing;

    /// <summary>The reply just taken, as it came; valid until the next read.</summary>
    public ReadOnlySpan<byte> LastReply => _in.AsSpan(_lastStart, _inStart - _lastStart);

    // ---- out

    public SmtpChannel Put(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(Room(octets.Length));
        _outLength += octets.Length;
        return this;
    }

    public SmtpChannel Put(string text)
    {
        _outLength += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    public SmtpChannel Put(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out var written);
        _outLength += written;
        return this;
    }

    /// <summary>Room for at least <paramref name="length"/> octets behind what was put; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> Room(int length)
    {
        if (_out.Length - _outLength < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_out.Length * 2, _outLength + length));
            _out.AsSpan(0, _outLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_out, clearArray: true);
            _out = larger;
        }
        return _out.AsSpan(_outLength);
    }

    public void Advance(int length) => _outLength += length;

    /// <summary>Writes all that was put, at once.</summary>
    public ValueTask FlushAsync(SmtpPhase phase)
    {
        var octets = _out.AsMemory(0, _outLength);
        _outLength = 0;
        return WriteAsync(octets, phase);
    }

    /// <summary>Writes the secret that was put, and wipes it.</summary>
    public async ValueTask FlushSecretAsync(SmtpPhase phase)
    {
        var length = _outLength;
        await FlushAsync(phase).ConfigureAwait(false);
        _out.AsSpan(0, length).Clear();
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, SmtpPhase phase)
    {
        Deadline.Arm(phase);
        ValueTask writing;
        try
        {
            writing = _stream.WriteAsync(octets, Deadline.Token);
        }
        catch (Exception e) when (Failure(e, phase) is { } failure)
        {
            return ValueTask.FromException(failure);
        }
        // On a socket with room the write is over by now: no state machine is needed.
        return writing.IsCompletedSuccessfully ? ValueTask.CompletedTask : AwaitWriteAsync(writing, phase);
    }

    private async ValueTask AwaitWriteAsync(ValueTask writing, SmtpPhase phase)
    {
        try
        {
            await writing.ConfigureAwait(false);
        }
        catch (Exception e) when (Failure(e, phase) is { } failure)
        {
            throw failure;
        }
    }

    // ---- in

    public ValueTask<SmtpReply> ReadReplyAsync(SmtpPhase phase) =>
        TryTakeReply(phase, out var reply) ? new ValueTask<SmtpReply>(reply) : ReadMoreForReplyAsync(phase);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SmtpReply> ReadMoreForReplyAsync(SmtpPhase phase)
    {
        SmtpReply? reply;
        Deadline.Arm(phase);
        do
        {
            MakeRoomToRead();
            int read;
            try
            {
                read = await _stream.ReadAsync(_in.AsMemory(_inEnd), Deadline.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (Failure(e, phase) is { } failure)
            {
                throw failure;
            }
            if (read == 0)
            {
                throw new SmtpFailureException(SmtpOutcome.ConnectionLost, phase, $"The server closed the connection in {phase}.");
            }
            _inEnd += read;
        }
        while (!TryTakeReply(phase, out reply));
        return reply;
    }

    private bool TryTakeReply(SmtpPhase phase, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out SmtpReply? reply)
    {
        reply = null;
        if (_inStart == _inEnd)
        {
            return false;
        }
        switch (_scanner.Scan(_in.AsSpan(_inStart, _inEnd - _inStart), out var length, out var fault))
        {
            case ReplyScanner.Found.Part:
                return false;
            case ReplyScanner.Found.Fault:
                throw new SmtpFailureException(SmtpOutcome.ProtocolError, phase, $"The server did not speak SMTP in {phase}: {fault}.");
            case ReplyScanner.Found.Whole:
                reply = _memory.Read(_in.AsSpan(_inStart, length), phase);
                Conversation.Reply(phase == SmtpPhase.Auth && Shown is not null ? Shown(reply) : reply);
                _lastStart = _inStart;
                _inStart += length;
                return true;
            default:
                throw new InvalidOperationException("The reply scanner gave an answer that this client does not know.");
        }
    }

    private void MakeRoomToRead()
    {
        if (_inStart > 0)
        {
            _in.AsSpan(_inStart, _inEnd - _inStart).CopyTo(_in);
            _inEnd -= _inStart;
            _inStart = _lastStart = 0;
        }
        if (_inEnd == _in.Length)
        {
            // The scanner refuses a reply before it is this long, so that the buffer stays bounded.
            var larger = ArrayPool<byte>.Shared.Rent(_in.Length * 2);
            _in.AsSpan(0, _inEnd).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_in);
            _in = larger;
        }
    }

    // ---- TLS, end

    /// <summary>Puts TLS over the wire.</summary>
    public async ValueTask StartTlsAsync(SslClientAuthenticationOptions options, Func<string?> certificateFault)
    {
        if (HasBuffered)
        {
            throw new SmtpFailureException(SmtpOutcome.ProtocolError, SmtpPhase.StartTls,
                "The server sent plain text after its reply to STARTTLS; someone may be injecting replies.");
        }
        Deadline.Arm(SmtpPhase.Tls);
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        try
        {
            await tls.AuthenticateAsClientAsync(options, Deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw Deadline.Passed(SmtpPhase.Tls, e);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
        {
            throw new SmtpFailureException(SmtpOutcome.TlsFailed, SmtpPhase.Tls,
                $"TLS with {options.TargetHost} failed: {certificateFault() ?? e.InnerException?.Message ?? e.Message}", cause: e);
        }
        Conversation.Remark($"{tls.SslProtocol} {tls.NegotiatedCipherSuite}");
    }

    private Exception? Failure(Exception e, SmtpPhase phase) => e switch
    {
        OperationCanceledException => Deadline.Passed(phase, e),
        IOException or SocketException or ObjectDisposedException or AuthenticationException =>
            new SmtpFailureException(SmtpOutcome.ConnectionLost, phase, $"The connection was lost in {phase}: {e.Message}", cause: e),
        _ => null,
    };

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _wire.DisposeAsync().ConfigureAwait(false);
        Deadline.Dispose();
        ArrayPool<byte>.Shared.Return(_in);
        ArrayPool<byte>.Shared.Return(_out, clearArray: true);
    }
}
