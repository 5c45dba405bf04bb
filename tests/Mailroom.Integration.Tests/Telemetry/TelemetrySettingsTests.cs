using Mailroom.Host.Settings;
using Mailroom.Integration.Tests.Settings;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>OpenTelemetry's variables as its specification defines them.</summary>
public sealed class TelemetrySettingsTests
{
    [Fact]
    [Trait("Requirement", "C05")]
    public void By_default_nothing_is_exported()
    {
        var telemetry = Of("");

        (telemetry.Traces.IsOn, telemetry.Metrics.IsOn).ShouldBe((false, false));
        telemetry.ServiceName.ShouldBe("mailroom");
        telemetry.MetricInterval.ShouldBe(TimeSpan.FromMinutes(1));
        telemetry.Traces.Collector.ShouldBe(new CollectorSettings(OtlpProtocol.HttpProtobuf, new Uri("http://localhost:4318/v1/traces"), null, TimeSpan.FromSeconds(10)));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "http://c:4318/v1/traces", "http://c:4318/v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/", "http://c:4318/v1/traces", "http://c:4318/v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp", "https://c/otlp/v1/traces", "https://c/otlp/v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "http://localhost:4317/", "http://localhost:4317/")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317", "http://c:4317/", "http://c:4317/")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc", "http://localhost:4317/", "http://localhost:4318/v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", "http://c:1/v1/traces", "http://c:1/")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t:1 OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", "http://t:1/", "http://c:1/v1/metrics")]
    [Trait("Requirement", "D30")]
    public void A_signals_own_url_is_taken_as_it_is_and_the_shared_one_is_a_base(string environment, string traces, string metrics)
    {
        var telemetry = Of(environment);

        (telemetry.Traces.Collector.Endpoint.AbsoluteUri, telemetry.Metrics.Collector.Endpoint.AbsoluteUri).ShouldBe((traces, metrics));
    }

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "jaeger")]
    [InlineData("OTEL_METRICS_EXPORTER", "prometheus")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "udp")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "udp")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://c")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://user:hunter2@c")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "hunter2")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "=hunter2")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=b,hunter2")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "0")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "600001")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "99")]
    [InlineData("MAIL_OTEL_STDOUT_TRACES_ENABLED", "yes")]
    [InlineData("MAIL_OTEL_STDOUT_METRICS_ENABLED", "1")]
    [Trait("Requirement", "D30")]
    public void A_wrong_value_stops_the_start_and_names_its_variable(string variable, string value)
    {
        var error = Start.With($"{variable}={value}").Errors.ShouldHaveSingleItem();

        error.ToString().ShouldContain(variable);
        error.Fix.ShouldContain(variable);
        if (variable.EndsWith("HEADERS", StringComparison.Ordinal))
        {
            error.ToString().ShouldNotContain("hunter2");
        }
    }

    private static TelemetrySettings Of(string environment) => Start.Sound(Start.With(environment)).Telemetry;
}
