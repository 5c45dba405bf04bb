using System.Diagnostics.Metrics;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>Listens to one meter: sums what counters count and keeps the last values of gauges, by name and tags.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    public Measured(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Series as <c>name{tag=value,…}</c>, but for those at zero.</summary>
    public IReadOnlyList<string> NotZero =>
        [.. _values.Where(series => series.Value != 0).Select(series => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{series.Key} {series.Value}")).Order(StringComparer.Ordinal)];

    public double? this[string series] => _values.TryGetValue(series, out var value) ? value : null;

    /// <summary>Asks the gauges.</summary>
    public void Collect() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>();
        foreach (var (name, tag) in tags)
        {
            labels.Add($"{name}={tag}");
        }

        var series = labels.Count == 0 ? instrument.Name : $"{instrument.Name}{{{string.Join(',', labels)}}}";
        _values[series] = instrument is Counter<long> ? _values.GetValueOrDefault(series) + value : value;
    }
}
