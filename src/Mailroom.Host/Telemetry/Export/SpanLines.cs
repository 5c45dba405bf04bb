using System.Diagnostics;
using System.Text.Json;
using OpenTelemetry;

namespace Mailroom.Host.Telemetry.Export;

/// <summary>Writes each span as one line of JSON.</summary>
internal sealed class SpanLines(TextWriter output) : BaseExporter<Activity>
{
    private readonly JsonLine _line = new(output);

    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (var span in batch)
        {
            _line.Write(span, Write);
        }

        return ExportResult.Success;
    }

    private static void Write(Utf8JsonWriter json, Activity span)
    {
        json.WriteString("telemetry", "span");
        json.WriteString("name", span.DisplayName);
        json.WriteString("kind", span.Kind.ToString());
        json.WriteString("trace_id", span.TraceId.ToHexString());
        json.WriteString("span_id", span.SpanId.ToHexString());
        if (span.ParentSpanId != default)
        {
            json.WriteString("parent_span_id", span.ParentSpanId.ToHexString());
        }

        json.WriteString("start", JsonLine.Time(span.StartTimeUtc));
        json.WriteNumber("duration_ms", span.Duration.TotalMilliseconds);
        json.WriteString("status", span.Status.ToString());
        JsonLine.WriteTags(json, span.TagObjects);
        json.WriteStartArray("links");
        foreach (var link in span.Links)
        {
            json.WriteStartObject();
            json.WriteString("trace_id", link.Context.TraceId.ToHexString());
            json.WriteString("span_id", link.Context.SpanId.ToHexString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
