using System.Globalization;

namespace Mailroom.Testing;

/// <summary>Reads OTLP's export requests as far as tests look at them. The field numbers are those of opentelemetry-proto 1.x.</summary>
internal static class OtlpDecoder
{
    private delegate void ReadScoped(string service, string scope, ReadOnlySpan<byte> item);

    /// <summary>ExportTraceServiceRequest.</summary>
    public static List<ReceivedSpan> Spans(ReadOnlySpan<byte> request)
    {
        var spans = new List<ReceivedSpan>();
        ReadScopes(request, (service, scope, item) => spans.Add(Span(service, scope, item)));
        return spans;
    }

    /// <summary>ExportMetricsServiceRequest.</summary>
    public static List<ReceivedPoint> Points(ReadOnlySpan<byte> request)
    {
        var points = new List<ReceivedPoint>();
        ReadScopes(request, (service, scope, item) => ReadMetric(service, scope, item, points));
        return points;
    }

    /// <summary>Both requests have resources (1) with a resource (1) and scopes (2), and these a scope (1) and items (2).</summary>
    private static void ReadScopes(ReadOnlySpan<byte> request, ReadScoped read)
    {
        var resources = new ProtobufFields(request);
        while (resources.Next())
        {
            var service = "";
            var parts = new ProtobufFields(resources.Bytes);
            while (parts.Next())
            {
                if (parts.Number == 1)
                {
                    service = Resource(parts.Bytes).GetValueOrDefault("service.name", "");
                }
                else if (parts.Number == 2)
                {
                    ReadScope(service, parts.Bytes, read);
                }
            }
        }
    }

    private static void ReadScope(string service, ReadOnlySpan<byte> message, ReadScoped read)
    {
        var scope = "";
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            if (fields.Number == 1)
            {
                scope = FirstText(fields.Bytes);
            }
            else if (fields.Number == 2)
            {
                read(service, scope, fields.Bytes);
            }
        }
    }

    private static Dictionary<string, string> Resource(ReadOnlySpan<byte> message)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            if (fields.Number == 1)
            {
                AddAttribute(attributes, fields.Bytes);
            }
        }

        return attributes;
    }

    private static ReceivedSpan Span(string service, string scope, ReadOnlySpan<byte> message)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var links = new List<(string, string)>();
        var span = new ReceivedSpan(service, scope, "", 0, "", "", "", attributes, links, 0);
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 1:
                    span = span with { TraceId = fields.AsHex };
                    break;
                case 2:
                    span = span with { SpanId = fields.AsHex };
                    break;
                case 4:
                    span = span with { ParentSpanId = fields.AsHex };
                    break;
                case 5:
                    span = span with { Name = fields.AsText };
                    break;
                case 6:
                    span = span with { Kind = (int)fields.Value };
                    break;
                case 9:
                    AddAttribute(attributes, fields.Bytes);
                    break;
                case 13:
                    links.Add(Link(fields.Bytes));
                    break;
                case 15:
                    span = span with { Status = Status(fields.Bytes) };
                    break;
                default:
                    break;
            }
        }

        return span;
    }

    private static (string TraceId, string SpanId) Link(ReadOnlySpan<byte> message)
    {
        var link = (TraceId: "", SpanId: "");
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            link = fields.Number switch
            {
                1 => (fields.AsHex, link.SpanId),
                2 => (link.TraceId, fields.AsHex),
                _ => link,
            };
        }

        return link;
    }

    private static int Status(ReadOnlySpan<byte> message)
    {
        var code = 0;
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            code = fields.Number == 3 ? (int)fields.Value : code;
        }

        return code;
    }

    private static void ReadMetric(string service, string scope, ReadOnlySpan<byte> message, List<ReceivedPoint> points)
    {
        var metric = new ReceivedPoint(service, scope, "", "", "", false, new Dictionary<string, string>(StringComparer.Ordinal), 0, 0);
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 1:
                    metric = metric with { Name = fields.AsText };
                    break;
                case 3:
                    metric = metric with { Unit = fields.AsText };
                    break;
                case 5:
                    ReadPoints(metric with { Kind = "gauge" }, fields.Bytes, points);
                    break;
                case 7:
                    ReadPoints(metric with { Kind = "sum", IsMonotonic = IsMonotonic(fields.Bytes) }, fields.Bytes, points);
                    break;
                case 9:
                    ReadPoints(metric with { Kind = "histogram" }, fields.Bytes, points);
                    break;
                default:
                    break;
            }
        }
    }

    private static bool IsMonotonic(ReadOnlySpan<byte> message)
    {
        var isMonotonic = false;
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            isMonotonic |= fields.Number == 3 && fields.Value == 1;
        }

        return isMonotonic;
    }

    private static void ReadPoints(ReceivedPoint metric, ReadOnlySpan<byte> message, List<ReceivedPoint> points)
    {
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            if (fields.Number == 1)
            {
                points.Add(metric.Kind == "histogram" ? Histogram(metric, fields.Bytes) : Number(metric, fields.Bytes));
            }
        }
    }

    private static ReceivedPoint Number(ReceivedPoint metric, ReadOnlySpan<byte> message)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var value = 0.0;
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 4:
                    value = fields.AsDouble;
                    break;
                case 6:
                    value = (long)fields.Value;
                    break;
                case 7:
                    AddAttribute(attributes, fields.Bytes);
                    break;
                default:
                    break;
            }
        }

        return metric with { Attributes = attributes, Value = value };
    }

    private static ReceivedPoint Histogram(ReceivedPoint metric, ReadOnlySpan<byte> message)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var (count, sum) = (0UL, 0.0);
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 4:
                    count = fields.Value;
                    break;
                case 5:
                    sum = fields.AsDouble;
                    break;
                case 9:
                    AddAttribute(attributes, fields.Bytes);
                    break;
                default:
                    break;
            }
        }

        return metric with { Attributes = attributes, Value = count, Sum = sum };
    }

    /// <summary>KeyValue: a key (1) and an AnyValue (2) with a text (1), a boolean (2), a whole number (3) or a double (4).</summary>
    private static void AddAttribute(Dictionary<string, string> attributes, ReadOnlySpan<byte> message)
    {
        var (key, value) = ("", "");
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            if (fields.Number == 1)
            {
                key = fields.AsText;
            }
            else if (fields.Number == 2)
            {
                value = Value(fields.Bytes);
            }
        }

        attributes[key] = value;
    }

    private static string Value(ReadOnlySpan<byte> message)
    {
        var fields = new ProtobufFields(message);
        return !fields.Next() ? "" : fields.Number switch
        {
            1 => fields.AsText,
            2 => fields.Value == 1 ? "true" : "false",
            3 => ((long)fields.Value).ToString(CultureInfo.InvariantCulture),
            4 => fields.AsDouble.ToString(CultureInfo.InvariantCulture),
            _ => throw new InvalidDataException($"An attribute's value has the kind {fields.Number}, which Mailroom does not send."),
        };
    }

    private static string FirstText(ReadOnlySpan<byte> message)
    {
        var fields = new ProtobufFields(message);
        return fields.Next() && fields.Number == 1 ? fields.AsText : "";
    }
}
