using System.Net;
using System.Net.Sockets;
using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit;

/// <summary>What becomes of a connect.</summary>
public enum ConnectFault
{
    None,
    Refused,
    /// <summary>The SYN is swallowed.</summary>
    BlackHole,
}

/// <summary>The real network but for the first connect, which may fail. Tells when a connection stands on the client's side, and what was read over it.</summary>
public sealed class FaultyNetwork(ConnectFault first = ConnectFault.None) : ISmtpNetwork
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<(long Octets, TaskCompletionSource Reached)> _waiters = [];
    private int _connects;
    private long _read;

    /// <summary>The first connection stands as far as the client knows.</summary>
    public Task Connected => _connected.Task.WaitAsync(ScriptedServer.Patience);

    public int Connects => _connects;

    /// <summary>For a client that connects without this network.</summary>
    public void Stands() => _connected.TrySetResult();

    /// <summary>Completes once the client has read this many octets in all.</summary>
    public Task UntilReadAsync(long octets)
    {
        lock (_gate)
        {
            if (_read >= octets)
            {
                return Task.CompletedTask;
            }
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((octets, reached));
            return reached.Task.WaitAsync(ScriptedServer.Patience);
        }
    }

    public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel) => new([IPAddress.Loopback]);

    public async ValueTask<SmtpWire> ConnectAsync(IPEndPoint remote, CancellationToken cancel)
    {
        switch (Interlocked.Increment(ref _connects) == 1 ? first : ConnectFault.None)
        {
            case ConnectFault.Refused:
                throw new SocketException((int)SocketError.ConnectionRefused);
            case ConnectFault.BlackHole:
                return await new TaskCompletionSource<SmtpWire>().Task.WaitAsync(cancel);
            case ConnectFault.None:
                var wire = new WatchedWire(this, await TcpNetwork.Shared.ConnectAsync(remote, cancel));
                _connected.TrySetResult();
                return wire;
            default:
                throw new InvalidOperationException($"{first} is not a fault of a connect.");
        }
    }

    private void Count(int octets)
    {
        lock (_gate)
        {
            _read += octets;
            foreach (var waiter in _waiters.FindAll(waiter => waiter.Octets <= _read))
            {
                _waiters.Remove(waiter);
                waiter.Reached.SetResult();
            }
        }
    }

    private sealed class WatchedWire(FaultyNetwork network, SmtpWire wire) : SmtpWire
    {
        public override Stream Stream { get; } = new WatchedStream(network, wire.Stream);

        public override IPAddress LocalAddress => wire.LocalAddress;

        public override SmtpWireInput Input => wire.Input;

        public override ValueTask DisposeAsync() => wire.DisposeAsync();
    }

    private sealed class WatchedStream(FaultyNetwork network, Stream stream) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await stream.ReadAsync(buffer, cancellationToken);
            network.Count(read);
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => stream.WriteAsync(buffer, cancellationToken);
        public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);
        public override ValueTask DisposeAsync() => stream.DisposeAsync();
        public override void Flush() => stream.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
