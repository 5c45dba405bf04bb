using System.Runtime.CompilerServices;

namespace Mailroom.Mail.Smtp;

/// <summary>
/// Sends mail to one submission server over warm connections. Safe for any number of concurrent sends; each holds one
/// connection from MAIL to the reply to its final dot, so that a server that stalls one mail holds up no other.
/// </summary>
public sealed class SmtpConnectionPool : IAsyncDisposable
{
    private readonly SmtpSettings _settings;
    private readonly TimeProvider _time;
    private readonly SmtpOpening _opening;
    private readonly SemaphoreSlim _slots;
    private readonly List<SmtpConnection> _idle = [];
    private readonly Lock _gate = new();
    private readonly ITimer _sweep;
    private int _waiting;
    private int _disposed;

    /// <summary>Makes a pool; nothing is opened before the first send.</summary>
    /// <param name="settings">The server and the limits.</param>
    /// <param name="network">Null: the real one.</param>
    /// <param name="time">Null: the system's clock.</param>
    /// <exception cref="SmtpArgumentException">A setting is out of range; the message names it.</exception>
    public SmtpConnectionPool(SmtpSettings settings, ISmtpNetwork? network = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        _settings = settings;
        _time = time ?? TimeProvider.System;
        _opening = new SmtpOpening(settings, network ?? TcpNetwork.Shared, _time);
        _slots = new SemaphoreSlim(settings.MaxConnections, settings.MaxConnections);
        _sweep = _time.CreateTimer(static pool => ((SmtpConnectionPool)pool!).Sweep(), this, settings.MaxIdle, settings.MaxIdle);
    }

    /// <summary>Connections that are open and carry no mail.</summary>
    public int IdleConnections
    {
        get
        {
            lock (_gate)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Connections that carry a mail, are being opened, or are saying goodbye.</summary>
    public int BusyConnections => _settings.MaxConnections - _slots.CurrentCount;

    /// <summary>
    /// Sends one message to the recipients of its envelope. Line ends may be CRLF, LF or CR; CRLF leaves. Every outcome
    /// that a server or a network brings about is in the result.
    /// </summary>
    /// <param name="envelope">Sender and recipients.</param>
    /// <param name="message">Header and body, not empty. Must not change before the send has ended.</param>
    /// <param name="cancel">
    /// Ends the send until its final dot is begun. After that it is ignored: the reply is awaited until its deadline,
    /// because giving up would only make a certain outcome uncertain.
    /// </param>
    /// <exception cref="OperationCanceledException">Canceled in time: certainly not delivered.</exception>
    /// <exception cref="ArgumentException">The message is empty.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    public ValueTask<SmtpResult> SendAsync(SmtpEnvelope envelope, ReadOnlyMemory<byte> message, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        cancel.ThrowIfCancellationRequested();
        return message.IsEmpty
            ? throw new ArgumentException("An empty message cannot be sent.", nameof(message))
            : SendAsync(new SmtpSend(_settings, envelope, message, _time, cancel));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SmtpResult> SendAsync(SmtpSend send)
    {
        if (!_slots.Wait(0, CancellationToken.None) && await WaitForSlotAsync(send).ConfigureAwait(false) is { } refusal)
        {
            return refusal;
        }
        SmtpConnection? connection = null;
        try
        {
            connection = TakeIdle();
            if (connection is not null)
            {
                connection.Resume(send);
                if (await new SmtpTransaction(connection, send).RunAsync().ConfigureAwait(false) is { } result)
                {
                    return result;
                }
                send.Conversation.Remark("the server had given up this connection; opening another");
                await connection.DisposeAsync().ConfigureAwait(false);
                connection = null;
                send.Reused = false;
            }
            connection = await _opening.OpenAsync(send).ConfigureAwait(false);
            return await new SmtpTransaction(connection, send).RunAsync().ConfigureAwait(false)
                ?? throw new InvalidOperationException("A fresh connection was taken for a reused one.");
        }
        catch (SmtpFailureException failure)
        {
            return send.Result(failure);
        }
        finally
        {
            await GiveBackAsync(connection).ConfigureAwait(false);
        }
    }

    private async ValueTask<SmtpResult?> WaitForSlotAsync(SmtpSend send)
    {
        if (Interlocked.Increment(ref _waiting) > _settings.MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return send.Result(SmtpOutcome.TimedOut, SmtpPhase.WaitingForConnection,
                $"{_settings.MaxWaiting} sends to {_settings.Host} are already waiting for a connection. Send less at once, or allow more connections.");
        }
        var left = _settings.Deadlines.Whole - _time.GetElapsedTime(send.Start);
        using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, send.Cancel);
        try
        {
            await _slots.WaitAsync(either.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            send.Cancel.ThrowIfCancellationRequested();
            return send.Result(SmtpOutcome.TimedOut, SmtpPhase.WaitingForConnection,
                $"All {_settings.MaxConnections} connections to {_settings.Host} were busy for {_settings.Deadlines.Whole.TotalSeconds:0.###} s.");
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>The connection that was used last is the likeliest to stand; the ones below it may idle out.</summary>
    private SmtpConnection? TakeIdle()
    {
        while (true)
        {
            SmtpConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }
                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }
            if (connection.Channel.IsQuiet && !connection.HasIdledOut(_settings))
            {
                return connection;
            }
            Retire(connection);
        }
    }

    private ValueTask GiveBackAsync(SmtpConnection? connection)
    {
        if (connection is null)
        {
            _slots.Release();
            return ValueTask.CompletedTask;
        }
        connection.Rest();
        if (connection.MayCarryMore(_settings))
        {
            lock (_gate)
            {
                _idle.Add(connection);
            }
            _slots.Release();
            return ValueTask.CompletedTask;
        }
        if (connection.InStep)
        {
            // The goodbye keeps the slot, and the sender does not wait for it.
            _ = QuitAndReleaseAsync(connection);
            return ValueTask.CompletedTask;
        }
        return DropAndReleaseAsync(connection);
    }

    private async Task QuitAndReleaseAsync(SmtpConnection connection)
    {
        try
        {
            await connection.QuitAsync().ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    private async ValueTask DropAndReleaseAsync(SmtpConnection connection)
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Closes a connection that was idle: with a goodbye where a slot is free for it, else at once.</summary>
    private void Retire(SmtpConnection connection) =>
        _ = _slots.Wait(0, CancellationToken.None) ? QuitAndReleaseAsync(connection) : connection.DisposeAsync().AsTask();

    private void Sweep()
    {
        List<SmtpConnection> old;
        lock (_gate)
        {
            old = _idle.FindAll(connection => connection.HasIdledOut(_settings));
            _idle.RemoveAll(old.Contains);
        }
        old.ForEach(Retire);
    }

    /// <summary>
    /// Takes no further send, waits for those under way (at most their whole deadline), and closes every connection with
    /// QUIT (at most its deadline).
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }
        await _sweep.DisposeAsync().ConfigureAwait(false);
        for (var i = 0; i < _settings.MaxConnections; i++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }
        await Task.WhenAll(_idle.Select(connection => connection.QuitAsync().AsTask())).ConfigureAwait(false);
        _idle.Clear();
        _slots.Dispose();
    }
}
