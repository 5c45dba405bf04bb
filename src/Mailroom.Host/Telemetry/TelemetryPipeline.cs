using System.Reflection;
using Mailroom.Host.Settings;
using Mailroom.Host.Telemetry.Export;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Mailroom.Host.Telemetry;

/// <summary>
/// Where traces and metrics go. What is exported waits in bounded queues and is dropped where a collector does not take it, so that it
/// never slows mail. Opened before everything that is observed and closed after it.
/// </summary>
internal sealed partial class TelemetryPipeline
{
    private readonly ILogger _log;
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    private TelemetryPipeline(TelemetrySettings settings, ILogger log)
    {
        _log = log;
        _traces = settings.Traces.IsOn ? Traces(settings, log) : null;
        _metrics = settings.Metrics.IsOn ? OpenMetrics(settings, log) : null;
        Metrics.StartAtZero();
    }

    public MailMetrics Metrics { get; } = new();

    public static TelemetryPipeline Open(TelemetrySettings settings, ILogger log) => new(settings, log);

    /// <summary>Exports what is left, in <paramref name="within"/> at most, even where a collector hangs.</summary>
    public async Task CloseAsync(TimeSpan within)
    {
        // Both block the thread that closes them, in the worst case for the whole time.
        var most = (int)Math.Clamp(within.TotalMilliseconds, 0, int.MaxValue);
        var closing = Task.WhenAll(Blocking(() => _traces?.Shutdown(most) ?? true), Blocking(() => _metrics?.Shutdown(most) ?? true));
        var first = await Task.WhenAny(closing, Task.Delay(most)).ConfigureAwait(false);
        if (first != closing || !Array.TrueForAll(await closing.ConfigureAwait(false), isClean => isClean))
        {
            LogUnsent(_log);
        }

        Metrics.Dispose();
    }

    private static Task<bool> Blocking(Func<bool> close) =>
        Task.Factory.StartNew(close, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static TracerProvider Traces(TelemetrySettings settings, ILogger log)
    {
        var builder = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource(settings))
            .SetSampler(LinkedSampler.Of(settings.Sampler))
            .AddSource(MailMetrics.SourceName);
        var collector = settings.Traces.Collector;
        if (settings.Traces.ToCollector)
        {
            builder.AddProcessor(Batched(new CollectorTraces(CollectorOptions.Of(collector), new ExportSpell("traces", collector.Endpoint, log))));
        }

        if (settings.Traces.ToStdout)
        {
            builder.AddProcessor(Batched(new SpanLines(Console.Out)));
        }

        return builder.Build();
    }

    /// <summary>Bounded and in the background, as the OTEL_BSP_* variables say.</summary>
    private static BatchActivityExportProcessor Batched(BaseExporter<System.Diagnostics.Activity> exporter)
    {
        var options = new BatchExportActivityProcessorOptions();
        return new(exporter, options.MaxQueueSize, options.ScheduledDelayMilliseconds, options.ExporterTimeoutMilliseconds, options.MaxExportBatchSize);
    }

    private static MeterProvider OpenMetrics(TelemetrySettings settings, ILogger log)
    {
        var builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resource(settings)).AddMeter(MailMetrics.SourceName);
        var interval = (int)settings.MetricInterval.TotalMilliseconds;
        var collector = settings.Metrics.Collector;
        if (settings.Metrics.ToCollector)
        {
            builder.AddReader(new PeriodicExportingMetricReader(
                new CollectorMetrics(CollectorOptions.Of(collector), new ExportSpell("metrics", collector.Endpoint, log)),
                interval, (int)collector.Timeout.TotalMilliseconds));
        }

        if (settings.Metrics.ToStdout)
        {
            builder.AddReader(new PeriodicExportingMetricReader(new MetricLines(Console.Out), interval));
        }

        return builder.Build();
    }

    /// <summary>What OTEL_RESOURCE_ATTRIBUTES says stays, but for the service's name.</summary>
    private static ResourceBuilder Resource(TelemetrySettings settings)
    {
        var version = typeof(TelemetryPipeline).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return ResourceBuilder.CreateDefault().AddService(settings.ServiceName, serviceVersion: version);
    }

    [LoggerMessage(182, LogLevel.Warning, "telemetry: not everything was exported before the end")]
    private static partial void LogUnsent(ILogger log);
}
