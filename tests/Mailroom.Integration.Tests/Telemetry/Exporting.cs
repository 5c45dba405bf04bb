using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>The variables of a service that exports to a collector, often enough for a test.</summary>
internal static class Exporting
{
    public const string Grpc = "grpc";
    public const string Http = "http/protobuf";
    public const string Service = "mailroom-under-test";

    public static IEnumerable<(string Name, string Value)> To(OtlpCollector collector, string protocol = Http) =>
    [
        ("OTEL_SERVICE_NAME", Service),
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == Grpc ? collector.Grpc : collector.Http),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("MAILROOM_SCHEDULE_METRICS_INTERVAL", "100ms"),
    ];

    /// <summary>The span of an attempt.</summary>
    public static bool IsSend(this ReceivedSpan span, string delivery, int attempt = 1) =>
        span.Name == "mail.send" && span.Attributes["mail.delivery.id"] == delivery
        && span.Attributes["mail.attempt.no"] == attempt.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
