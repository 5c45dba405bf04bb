namespace Mailroom.Host.Settings;

public enum OtlpProtocol
{
    HttpProtobuf,

    Grpc,
}

/// <param name="ServiceName">What this service is called in traces and metrics.</param>
/// <param name="ScheduleInterval">Time from one look at what waits to the next.</param>
/// <param name="Traces">Where traces go.</param>
/// <param name="Metrics">Where metrics go.</param>
/// <param name="MetricInterval">Time from one export of the metrics to the next.</param>
public sealed record TelemetrySettings(
    string ServiceName, TimeSpan ScheduleInterval, SignalSettings Traces, SignalSettings Metrics, TimeSpan MetricInterval)
{
    internal static TelemetrySettings Bind(SettingsTree tree)
    {
        var otlp = new OtlpBinder(tree);
        var settings = new TelemetrySettings(
            tree.RequiredString("mailroom.telemetry.service-name", "the name of this service"),
            tree.Duration("mailroom.telemetry.schedule-interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
            BindSignal(tree, otlp, "traces"),
            BindSignal(tree, otlp, "metrics"),
            TimeSpan.FromMilliseconds(tree.Int("mailroom.telemetry.metrics.interval", 100, 3_600_000)));
        settings.Check(tree);
        return settings;
    }

    private static SignalSettings BindSignal(SettingsTree tree, OtlpBinder otlp, string signal)
    {
        var exporter = tree.Choice(
            $"mailroom.telemetry.{signal}.exporter", ("none", Exporter.None), ("otlp", Exporter.Otlp), ("console", Exporter.Console));
        var stdout = tree.Bool($"mailroom.telemetry.{signal}.stdout");
        return new SignalSettings(exporter == Exporter.Otlp, stdout || exporter == Exporter.Console, otlp.Bind(signal));
    }

    /// <summary>Elsewhere an endpoint is enough to turn exporting on, so whoever sets only that is told.</summary>
    private void Check(SettingsTree tree)
    {
        const string endpoint = "mailroom.telemetry.otlp.endpoint";
        if (tree.AreSound(endpoint) && tree.String(endpoint).Length > 0 && !Traces.ToCollector && !Metrics.ToCollector)
        {
            tree.Warn(
                endpoint,
                "nothing is exported to it",
                $"Set {tree.VariableOf("mailroom.telemetry.traces.exporter")} or {tree.VariableOf("mailroom.telemetry.metrics.exporter")} to otlp");
        }
    }

    private enum Exporter
    {
        None,
        Otlp,
        Console,
    }
}

/// <summary>Where one kind of telemetry goes; neither: it is not made.</summary>
/// <param name="ToCollector">By OTLP.</param>
/// <param name="ToStdout">As JSON lines.</param>
/// <param name="Collector">Used where <paramref name="ToCollector"/> says so.</param>
public sealed record SignalSettings(bool ToCollector, bool ToStdout, CollectorSettings Collector)
{
    /// <summary>Somebody takes it.</summary>
    public bool IsOn => ToCollector || ToStdout;
}

/// <param name="Protocol">How to speak to it.</param>
/// <param name="Endpoint">The whole URL of one signal.</param>
/// <param name="Headers">Name=value pairs, separated by commas; null for none.</param>
/// <param name="Timeout">Longest time for one export.</param>
public sealed record CollectorSettings(OtlpProtocol Protocol, Uri Endpoint, Secret? Headers, TimeSpan Timeout);
