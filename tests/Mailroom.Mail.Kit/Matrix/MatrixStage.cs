using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>What sends the mails of the matrix: the client, or a provider over it.</summary>
public interface IMatrixSender<TResult> : IAsyncDisposable
{
    Task<TResult> SendAsync(SmtpCase row);

    /// <summary>Sends a plain mail; true: it was accepted.</summary>
    Task<bool> SendPlainAsync();
}

/// <summary>Plays one row: the server's script, the mail, the clock, and the next mail after it.</summary>
public sealed class MatrixStage
{
    private readonly SmtpCase _row;
    private readonly bool _drips;
    private readonly TaskCompletionSource _played = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _served;

    internal MatrixStage(SmtpCase row, bool drips)
    {
        (_row, _drips) = (row, drips);
        Network = new FaultyNetwork(row.FirstConnect);
    }

    public ManualTimeProvider Time { get; } = new();

    public FaultyNetwork Network { get; }

    /// <summary>The result of the row's mail. The next mail must have arrived, over the same connection or a fresh one as the row says.</summary>
    public static async Task<TResult> PlayAsync<TResult>(
        SmtpCase row, bool drips, Func<SmtpSettings, ISmtpNetwork, TimeProvider, IMatrixSender<TResult>> open)
    {
        var stage = new MatrixStage(row, drips);
        var kept = row.Then is SmtpThen.Kept or SmtpThen.KeptAfterReset;
        Func<ScriptedSession, Task>[] scripts = kept ? [stage.PlayAsync] : row.FirstConnect == ConnectFault.None ? [stage.PlayAsync, stage.ServeAsync] : [stage.ServeAsync];
        TResult result;
        await using (var server = new ScriptedServer(scripts))
        {
            await using var sender = open(row.With(SmtpTestBed.Settings(server.Port)), stage.Network, stage.Time);
            try
            {
                result = await stage.SendAsync(sender);
                var fails = row.FirstConnect == ConnectFault.None ? 0 : 1;
                stage.Network.Connects.ShouldBe(scripts.Length + fails, kept ? "the next mail goes over the same connection" : "the next mail goes over a fresh connection");
            }
            catch
            {
                // What still waits for this server would hold up the end of the test.
                stage.Time.Advance(SmtpTestBed.Deadlines.Whole);
                throw;
            }
        }
        stage._served.ShouldBe(row.Replaced ? 2 : 1, "each mail arrives once");
        return result;
    }

    private async Task<TResult> SendAsync<TResult>(IMatrixSender<TResult> sender)
    {
        if (_row.Warm)
        {
            await sender.SendPlainAsync().WaitAsync(ScriptedServer.Patience);
        }
        var result = await PassTimeAsync(sender.SendAsync(_row));
        _over.SetResult();
        (await sender.SendPlainAsync().WaitAsync(ScriptedServer.Patience)).ShouldBeTrue($"the next mail must arrive after: {_row}");
        return result;
    }

    /// <summary>Runs the clock to the deadline of the row's phase where the row has the server stall, and not a tick further.</summary>
    private async Task<TResult> PassTimeAsync<TResult>(Task<TResult> sending)
    {
        if (_row.Stalls)
        {
            var deadline = SmtpTestBed.Deadlines.For(_row.Phase);
            await (_row.FirstConnect == ConnectFault.None ? _played.Task : Task.CompletedTask).WaitAsync(ScriptedServer.Patience);
            await Time.UntilArmedAsync(deadline);
            Time.Advance(deadline - TimeSpan.FromTicks(1));
            sending.IsCompleted.ShouldBeFalse($"{_row.Phase} has its whole deadline");
            Time.Advance(TimeSpan.FromTicks(1));
            // The client may have armed the deadline anew meanwhile, for the next wait of the same step.
            using var patience = new CancellationTokenSource(ScriptedServer.Patience);
            while (await Task.WhenAny(sending, Time.UntilDueAsync(deadline)) != sending)
            {
                patience.Token.ThrowIfCancellationRequested();
                Time.Advance(deadline);
            }
        }
        return await sending.WaitAsync(ScriptedServer.Patience);
    }

    private async Task PlayAsync(ScriptedSession server)
    {
        server.Drips = _drips && !_row.OnePacket;
        await _row.Script(server, this);
        _played.SetResult();
        switch (_row.Then)
        {
            case SmtpThen.ServerCloses:
                break;
            case SmtpThen.ClientCloses:
                // A server that stalls reads nothing, so that a client which is still writing fills the buffers.
                await (_row.Stalls ? _over.Task.WaitAsync(ScriptedServer.Patience) : Task.CompletedTask);
                await (_row.Drains ? server.DrainAsync() : server.UntilClosedAsync());
                await (_row.TooLate is { } late ? server.TrySendAsync(late) : Task.CompletedTask);
                break;
            case SmtpThen.ClientQuits:
                await server.UntilClosedAsync(quit: true);
                break;
            case SmtpThen.Kept or SmtpThen.KeptAfterReset:
                _served += await server.ServeAsync(resets: _row.Then == SmtpThen.KeptAfterReset);
                break;
            default:
                throw new InvalidOperationException($"{_row.Then} is not an end of a connection.");
        }
    }

    private async Task ServeAsync(ScriptedSession server)
    {
        await _row.Opening(server);
        _served += await server.ServeAsync();
    }
}
