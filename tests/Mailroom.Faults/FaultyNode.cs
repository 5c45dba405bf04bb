using System.Globalization;
using System.Text.RegularExpressions;
using Mailroom.Testing;

namespace Mailroom.Faults;

/// <summary>One node as a real process, which is killed, stopped and started again under the same name.</summary>
internal sealed partial class FaultyNode : IAsyncDisposable
{
    private const string PublicListener = "public HTTP listener: starting on ";
    private const string InternalListener = "internal HTTP listener: starting on ";

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(60);

    private readonly ServiceCommand _command;
    private ServiceProcess? _process;
    private Uri? _public;

    public FaultyNode(string name, string? program, IReadOnlyDictionary<string, string?> environment)
    {
        Name = name;
        var command = ServiceCommand.Mailroom(new Dictionary<string, string?>(environment) { ["MAILROOM_NODE"] = name });
        _command = command with { FileName = program ?? command.FileName };
    }

    public string Name { get; }

    /// <summary>Where callers reach it, as of its last start; whether anybody answers there is another question.</summary>
    public Uri? Public => Volatile.Read(ref _public);

    public Uri Internal { get; private set; } = null!;

    /// <summary>A fault has it in hand, or it is on its way back.</summary>
    public bool IsTroubled { get; set; }

    public LineLog? Log => _process?.Log;

    /// <summary>The exit code of a process that ended without being told to; null: it runs, or a fault has it in hand.</summary>
    public int? EndedByItself => !IsTroubled && _process is { HasExited: true } ended ? ended.Exited.Result : null;

    /// <summary>The newest incarnation that it told of.</summary>
    public long Incarnation => _process?.Log.Last(line => line.Contains("cluster: joined", StringComparison.Ordinal)) is { } line
        ? long.Parse(Joined().Match(line).Groups[1].Value, CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Starts it, again and again where it cannot: as what looks after processes in production does.</summary>
    /// <returns>How many starts failed.</returns>
    public async Task<int> StartAsync(CancellationToken cancel)
    {
        var readiness = Readiness.Line(line => line.Contains(PublicListener, StringComparison.Ordinal));
        for (var failed = 0; ; failed++)
        {
            try
            {
                if (_process is null)
                {
                    _process = await ServiceProcess.Start(_command, readiness, StartsWithin).ConfigureAwait(false);
                }
                else
                {
                    await _process.Restart(StartsWithin).ConfigureAwait(false);
                }

                Internal = Url(InternalListener);
                Volatile.Write(ref _public, Url(PublicListener));
                return failed;
            }
            catch (InvalidOperationException) when (!cancel.IsCancellationRequested)
            {
                await Task.Delay(500, cancel).ConfigureAwait(false);
            }
        }
    }

    public Task KillAsync() => _process!.Kill9();

    public Task<int> TerminateAsync() => _process!.Terminate(TimeSpan.FromSeconds(60));

    public void Pause() => _process!.Pause();

    public void Resume() => _process!.Resume();

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
            {
                process.Resume();
            }

            await process.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Uri Url(string listener)
    {
        var line = _process!.Log.Last(line => line.Contains(listener, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"The log does not say '{listener}'.\n{_process.Log.Tail()}");
        return new(line[(line.IndexOf(listener, StringComparison.Ordinal) + listener.Length)..]);
    }

    [GeneratedRegex("incarnation=([0-9]+)")]
    private static partial Regex Joined();
}
