using System.Net;
using System.Net.Sockets;
using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>
/// Plays one row to a client that is not Mailroom's, over the real network and by the real clock. A client that goes on where Mailroom would
/// not finds a server that goes on too.
/// </summary>
public sealed class OtherClientStage
{
    /// <summary>How long a client waits for a server that says nothing more. Where that is too short for the machine the row is played again.</summary>
    private static readonly TimeSpan ShortPatience = TimeSpan.FromMilliseconds(150);

    private readonly SmtpCase _row;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stalled;

    private OtherClientStage(SmtpCase row) => _row = row;

    /// <param name="send">Sends the row's mail with these settings, each wait no longer than the time given.</param>
    public static async Task<TResult> PlayAsync<TResult>(SmtpCase row, Func<SmtpSettings, TimeSpan, Task<TResult>> send)
    {
        if (row.FirstConnect != ConnectFault.None)
        {
            return await ConnectAsync(row, port => send(Settings(row, port), ShortPatience));
        }
        var ends = row is { Stalls: false, Endless: false };
        for (var patience = ends ? ScriptedServer.Patience : ShortPatience; ; patience *= 2)
        {
            patience.ShouldBeLessThanOrEqualTo(ScriptedServer.Patience, $"the client must come as far as the server's silence: {row}");
            var stage = new OtherClientStage(row);
            var result = await stage.SendAsync(port => send(Settings(row, port), patience));
            if (ends || stage._stalled)
            {
                return result;
            }
        }
    }

    private static SmtpSettings Settings(SmtpCase row, int port) => row.With(SmtpTestBed.Settings(port));

    private async Task<TResult> SendAsync<TResult>(Func<int, Task<TResult>> send)
    {
        await using var server = new ScriptedServer(socket => new SteppedSession(socket), session => PlayAsync((SteppedSession)session));
        try
        {
            return await send(server.Port);
        }
        finally
        {
            _over.SetResult();
        }
    }

    private async Task PlayAsync(SteppedSession server)
    {
        try
        {
            if (await FollowsAsync(server))
            {
                switch (_row)
                {
                    case { Stalls: true } or { Endless: true }:
                        _stalled = true;
                        await _over.Task.WaitAsync(ScriptedServer.Patience);
                        await (_row.TooLate is { } late ? server.TrySendAsync(late) : Task.CompletedTask);
                        await server.DrainAsync();
                        return;
                    case { Then: SmtpThen.ServerCloses }:
                        return;
                    case { Phase: SmtpPhase.Tls }:
                        await server.DrainAsync();
                        return;
                }
            }
            await server.GoOnAsync();
        }
        catch (IOException)
        {
            // The client has closed, and what it concluded is what the row is played for.
            return;
        }
    }

    /// <summary>False: the client says something else than the script expects.</summary>
    private async Task<bool> FollowsAsync(SteppedSession server)
    {
        var stage = new MatrixStage(_row, drips: false);
        stage.Network.Stands();
        try
        {
            await _row.Script(server, stage);
            return true;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
    }

    private static async Task<TResult> ConnectAsync<TResult>(SmtpCase row, Func<int, Task<TResult>> send)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        switch (row.FirstConnect)
        {
            case ConnectFault.Refused:
                // A port that is bound and not listened on refuses, and nobody else can take it.
                break;
            case ConnectFault.BlackHole:
                // A queue of no length that holds one connection: Linux swallows every further SYN.
                listener.Listen(0);
                await first.ConnectAsync(listener.LocalEndPoint!);
                break;
            default:
                throw new InvalidOperationException($"{row.FirstConnect} is not a fault of a connect.");
        }
        return await send(((IPEndPoint)listener.LocalEndPoint!).Port);
    }
}
