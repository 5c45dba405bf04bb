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
