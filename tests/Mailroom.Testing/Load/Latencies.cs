using System.Diagnostics;
using System.Globalization;

namespace Mailroom.Testing;

/// <summary>How long each of some mails took, in milliseconds, shortest first.</summary>
public sealed class Latencies(IEnumerable<double> milliseconds)
{
    private readonly double[] sorted = [.. milliseconds.Order()];

    public double P50 => At(0.5);

    public double P99 => At(0.99);

    public double Longest => sorted[^1];

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {P50:F1} ms, p99 {P99:F1} ms, longest {Longest:F1} ms of {sorted.Length}");

    private double At(double share) => sorted[(int)Math.Ceiling((sorted.Length - 1) * share)];
}

/// <summary>
/// One sender's mails, one after the other, each measured from its posting until the next hop has read its final dot. Give
/// <see cref="Note"/> to the sink as <see cref="LedgerFaults.Dot"/>.
/// </summary>
public sealed class ArrivalProbe(string sender)
{
    private volatile TaskCompletionSource<long>? waiting;

    public DotFault Note(LedgerMail mail)
    {
        if (mail.Sender == sender)
        {
            waiting?.TrySetResult(Stopwatch.GetTimestamp());
        }

        return DotFault.Acknowledge;
    }

    /// <param name="post">Posts one mail of the sender.</param>
    /// <param name="mails">How many.</param>
    /// <param name="every">Between the posting of two, at least: it has to leave an org's limit alone.</param>
    /// <exception cref="DeadlinePassedException">A mail did not arrive.</exception>
    public async Task<Latencies> Measure(Func<Task> post, int mails, TimeSpan every)
    {
        var took = new List<double>(mails);
        using var ticks = new PeriodicTimer(every);
        while (took.Count < mails && await ticks.WaitForNextTickAsync().ConfigureAwait(false))
        {
            var arrived = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting = arrived;
            var since = Stopwatch.GetTimestamp();
            await post().ConfigureAwait(false);
            var at = await Deadline.In().Wait(arrived.Task, $"mail {took.Count + 1} of {sender} to arrive").ConfigureAwait(false);
            took.Add(Stopwatch.GetElapsedTime(since, at).TotalMilliseconds);
        }

        return new Latencies(took);
    }
}
