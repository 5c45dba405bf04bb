using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Mailroom.Host.Telemetry.Export;

/// <summary>Writes each series of each metric as one line of JSON.</summary>
internal sealed class MetricLines(TextWriter output) : BaseExporter<Metric>
{
    private readonly JsonLine _line = new(output);

    public override ExportResult Export(in Batch<Metric> batch)
    {
        foreach (var metric in batch)
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                _line.Write((metric, point), static (json, series) => Write(json, series.metric, series.point));
            }
        }

        return ExportResult.Success;
    }

    private static void Write(Utf8JsonWriter json, Metric metric, in MetricPoint point)
    {
        json.WriteString("telemetry", "metric");
        json.WriteString("name", metric.Name);
        json.WriteString("unit", metric.Unit);
        json.WriteString("at", JsonLine.Time(point.EndTime.UtcDateTime));
        switch (metric.MetricType)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                json.WriteNumber("value", point.GetSumLong());
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                json.WriteNumber("value", point.GetSumDouble());
                break;
            case MetricType.LongGauge:
                json.WriteNumber("value", point.GetGaugeLastValueLong());
                break;
            case MetricType.DoubleGauge:
                json.WriteNumber("value", point.GetGaugeLastValueDouble());
                break;
            case MetricType.Histogram:
                json.WriteNumber("count", point.GetHistogramCount());
                json.WriteNumber("sum", point.GetHistogramSum());
                break;
            default:
                throw new InvalidOperationException($"{metric.Name} is a {metric.MetricType}, which Mailroom does not make.");
        }

        var tags = new List<KeyValuePair<string, object?>>();
        foreach (var tag in point.Tags)
        {
            tags.Add(tag);
        }

        JsonLine.WriteTags(json, tags);
    }
}
