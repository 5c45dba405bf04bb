using System.Diagnostics;

namespace Mailroom.Testing;

/// <summary>
/// A point on the monotonic clock until which a test waits for a signal. Every wait of a test has one, so that a
/// signal that never comes fails the test with the name of what was missing instead of hanging the run.
/// </summary>
public readonly struct Deadline
{
    /// <summary>How long a wait may take where the test names nothing else. Generous: it only costs time on failure.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    private readonly long passesAt;
    private readonly TimeSpan given;

    private Deadline(TimeSpan given)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(given, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given, TimeSpan.FromHours(1));
        this.given = given;
        passesAt = Stopwatch.GetTimestamp() + (long)(given.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>A deadline that far from now; <see cref="Usual"/> when nothing is given. At most one hour.</summary>
    public static Deadline In(TimeSpan? given = null) => new(given ?? Usual);

    /// <summary>What is left, never below zero.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var ticks = passesAt - Stopwatch.GetTimestamp();
            return ticks <= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency);
        }
    }

    public bool HasPassed => Remaining == TimeSpan.Zero;

    /// <summary>Waits for the signal. <paramref name="what"/> names it in the failure, <paramref name="detail"/> adds what is known then.</summary>
    /// <exception cref="DeadlinePassedException">The signal did not come in time.</exception>
    public async Task Wait(Task signal, string what, Func<string>? detail = null)
    {
        ArgumentNullException.ThrowIfNull(signal);
        try
        {
            await signal.WaitAsync(Remaining).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!signal.IsCompleted)
        {
            throw Passed(what, detail);
        }
    }

    /// <inheritdoc cref="Wait(Task, string, Func{string})"/>
    public async Task<T> Wait<T>(Task<T> signal, string what, Func<string>? detail = null)
    {
        await Wait((Task)signal, what, detail).ConfigureAwait(false);
        return await signal.ConfigureAwait(false);
    }

    /// <summary>The failure for a wait that ran out.</summary>
    public DeadlinePassedException Passed(string what, Func<string>? detail = null)
    {
        var known = detail?.Invoke();
        return new DeadlinePassedException(
            $"Waited {given.TotalSeconds:0.###} s for {what}, in vain.{(string.IsNullOrEmpty(known) ? "" : "\n" + known)}");
    }
}

/// <summary>What a test waited for did not happen in time.</summary>
public sealed class DeadlinePassedException(string message) : Exception(message);
