using System.Net;
using System.Net.Sockets;

namespace Mailroom.Mail.Kit;

/// <summary>
/// An SMTP server that does what a script says, to the byte. The first connection runs the first script, and so on; one
/// more connection than scripts is a failure of the test. Whatever a script finds wrong surfaces when the server is disposed.
/// </summary>
public sealed class ScriptedServer : IAsyncDisposable
{
    /// <summary>How long a test that hangs hangs. No test that passes waits for it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Socket, ScriptedSession> _open;
    private readonly Func<ScriptedSession, Task>[] _scripts;
    private readonly List<Task> _sessions = [];
    private readonly Task _accepting;

    public ScriptedServer(params Func<ScriptedSession, Task>[] scripts) : this(socket => new ScriptedSession(socket), scripts)
    {
    }

    /// <param name="open">What reads the scripts to the client: a <see cref="SteppedSession"/> for one that does not pipeline.</param>
    public ScriptedServer(Func<Socket, ScriptedSession> open, params Func<ScriptedSession, Task>[] scripts)
    {
        (_open, _scripts) = (open, scripts);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public int Connections => _sessions.Count;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _sessions.Add(_sessions.Count < _scripts.Length ? RunAsync(socket, _scripts[_sessions.Count]) : RefuseAsync(socket, _sessions.Count + 1));
            }
        }
        catch (OperationCanceledException)
        {
            _listener.Stop();
        }
    }

    private static Task RefuseAsync(Socket socket, int number)
    {
        socket.Dispose();
        return Task.FromException(new InvalidOperationException($"Connection {number} was not expected."));
    }

    private async Task RunAsync(Socket socket, Func<ScriptedSession, Task> script)
    {
        await using var session = _open(socket);
        await script(session);
    }

    /// <summary>Waits for every script to end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_sessions).WaitAsync(Patience);
        _sessions.Count.ShouldBe(_scripts.Length, "every script must have had its connection");
        _stop.Dispose();
        _listener.Dispose();
    }
}
