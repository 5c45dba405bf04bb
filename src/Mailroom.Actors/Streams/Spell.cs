using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>Whether one part answers at present; says so once when that changes, and waits longer each time it fails again.</summary>
internal sealed class Spell(string stream, string part, ConsumerOptions options, IStreamEvents events, TimeProvider clock)
{
    private int _failures;

    public bool IsFailing => _failures > 0;

    public void Succeeded()
    {
        if (_failures > 0)
        {
            _failures = 0;
            events.Recovered(stream, part);
        }
    }

    /// <summary>Waits before the next try.</summary>
    /// <exception cref="OperationCanceledException">Nobody wants another try.</exception>
    public async ValueTask FailedAsync(Exception why, CancellationToken cancel)
    {
        if (_failures == 0)
        {
            events.Unavailable(stream, part, why);
        }

        var wait = options.FirstWait * Math.Pow(2, Math.Min(_failures, 16));
        _failures++;
        await clock.DelayAsync(wait < options.LongestWait ? wait : options.LongestWait, cancel).ConfigureAwait(false);
    }
}
