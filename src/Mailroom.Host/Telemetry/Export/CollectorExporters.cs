using System.Diagnostics;
using Mailroom.Host.Settings;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Mailroom.Host.Telemetry.Export;

/// <summary>Sends spans to a collector and says so where it fails.</summary>
internal sealed class CollectorTraces(OtlpExporterOptions options, ExportSpell spell) : OtlpTraceExporter(options)
{
    public override ExportResult Export(in Batch<Activity> activityBatch) => spell.Note(base.Export(activityBatch));
}

/// <summary>Sends metrics to a collector and says so where it fails.</summary>
internal sealed class CollectorMetrics(OtlpExporterOptions options, ExportSpell spell) : OtlpMetricExporter(options)
{
    public override ExportResult Export(in Batch<Metric> metrics) => spell.Note(base.Export(metrics));
}

internal static class CollectorOptions
{
    /// <summary>Sets all that the settings hold, so that the exporter's own reading of the environment decides nothing of it.</summary>
    public static OtlpExporterOptions Of(CollectorSettings settings) => new()
    {
        Protocol = settings.Protocol switch
        {
            OtlpProtocol.HttpProtobuf => OtlpExportProtocol.HttpProtobuf,
            OtlpProtocol.Grpc => OtlpExportProtocol.Grpc,
            _ => throw new InvalidOperationException($"Not a protocol: {settings.Protocol}."),
        },
        Endpoint = settings.Endpoint,
        Headers = settings.Headers?.Reveal(),
        TimeoutMilliseconds = (int)settings.Timeout.TotalMilliseconds,
    };
}
