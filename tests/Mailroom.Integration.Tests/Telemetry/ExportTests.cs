using System.Diagnostics;
using System.Text.Json;
using Mailroom.Integration.Tests.Service;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>Where traces and metrics go, and that they never stand in the way of mail.</summary>
[Collection(AloneCollection.Name)]
public sealed class ExportTests
{
    [Theory]
    [InlineData(Exporting.Http)]
    [InlineData(Exporting.Grpc)]
    [Trait("Requirement", "C05")]
    [Trait("Requirement", "D30")]
    public async Task Traces_and_metrics_arrive_under_the_services_name_by_the_protocol_that_is_set(string protocol)
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, Exporting.To(collector, protocol));

        var id = await service.Accept(TestMail.To("ada@example.test"));

        var span = await collector.Span(span => span.IsSend(id), "the span of the attempt");
        span.Service.ShouldBe(Exporting.Service);
        span.Scope.ShouldBe("Mailroom");
        await collector.Value("mail.attempt.outcomes", "status=provider_accepted", 1);
        collector.Newest("mail.attempt.outcomes", "status=provider_accepted")!.Service.ShouldBe(Exporting.Service);
        collector.Exports.Select(export => export.Protocol).Distinct().ShouldBe([protocol]);
    }

    [Fact]
    [Trait("Requirement", "D30")]
    public async Task What_is_set_for_one_signal_goes_before_what_is_set_for_both()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port,
            [
                .. Exporting.To(collector, Exporting.Http),
                ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", Exporting.Grpc),
                ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", collector.Grpc),
                ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-signal=traces"),
                ("OTEL_EXPORTER_OTLP_HEADERS", "x-signal=both,authorization=Bearer%20abc"),
            ]);

        var id = await service.Accept(TestMail.To("ada@example.test"));

        await collector.Span(span => span.IsSend(id), "the span of the attempt");
        await collector.Value("mail.attempt.outcomes", "status=provider_accepted", 1);
        var traces = collector.Exports.First(export => export.Protocol == Exporting.Grpc);
        traces.Path.ShouldEndWith("TraceService/Export");
        traces.Headers["x-signal"].ShouldBe("traces");
        var metrics = collector.Exports.First(export => export.Protocol == Exporting.Http);
        metrics.Path.ShouldBe("/v1/metrics");
        metrics.Headers["x-signal"].ShouldBe("both");
        metrics.Headers["authorization"].ShouldBe("Bearer abc");
        collector.Exports.ShouldAllBe(export => (export.Protocol == Exporting.Grpc) == export.Path.EndsWith("TraceService/Export", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("")]
    [Trait("Requirement", "C05")]
    public async Task Nothing_is_sent_with_none_which_is_the_default(string exporter)
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector), ("OTEL_TRACES_EXPORTER", exporter), ("OTEL_METRICS_EXPORTER", exporter)]);

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        (await service.Terminate()).ShouldBe(0);

        collector.Exports.ShouldBeEmpty();
        service.Log.Lines.ShouldContain(line => line.Contains("nothing is exported to it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("OTEL_TRACES_EXPORTER", "console", "span", "mail.send")]
    [InlineData("MAIL_OTEL_STDOUT_TRACES_ENABLED", "true", "span", "mail.send")]
    [InlineData("OTEL_METRICS_EXPORTER", "console", "metric", "mail.provider.send.duration_ms")]
    [InlineData("MAIL_OTEL_STDOUT_METRICS_ENABLED", "true", "metric", "mail.provider.send.duration_ms")]
    [Trait("Requirement", "D30")]
    public async Task Standard_output_has_a_line_of_json_for_each_span_or_series(string variable, string value, string kind, string name)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, (variable, value));
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        (await service.Terminate()).ShouldBe(0);

        var lines = service.Log.Lines.Where(line => line.StartsWith("{\"telemetry\"", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line)).ToArray();
        lines.Select(line => line.GetProperty("telemetry").GetString()).Distinct().ShouldHaveSingleItem().ShouldBe(kind);
        var one = lines.Where(line => line.GetProperty("name").GetString() == name).ShouldHaveSingleItem();
        if (kind == "span")
        {
            one.GetProperty("trace_id").GetString()!.Length.ShouldBe(32);
            one.GetProperty("links").GetArrayLength().ShouldBe(1);
            one.GetProperty("attributes").GetProperty("mail.attempt.no").GetInt32().ShouldBe(1);
        }
        else
        {
            one.GetProperty("count").GetInt32().ShouldBe(1);
            one.GetProperty("attributes").GetProperty("status").GetString().ShouldBe("provider_accepted");
        }
    }

    [Theory]
    [InlineData(Exporting.Http)]
    [InlineData(Exporting.Grpc)]
    [Trait("Requirement", "C22")]
    public async Task What_happened_last_before_the_exit_arrives(string protocol)
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });

        // By themselves they would go out long after the test.
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector, protocol), ("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_METRIC_EXPORT_INTERVAL", "3600000")]);
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        var stopped = service.Terminate();
        await Deadline.In().Wait(service.Log.Line(line => line.Contains("shutdown: started", StringComparison.Ordinal)), "the shutdown to start");
        sink.ReleaseStalled();
        (await stopped).ShouldBe(0);

        collector.Spans.Count(span => span.IsSend(id)).ShouldBe(1);
        collector.Newest("mail.attempt.outcomes", "status=provider_accepted")!.Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(Exporting.Http)]
    [InlineData(Exporting.Grpc)]
    [Trait("Requirement", "C22")]
    public async Task A_collector_that_hangs_holds_neither_mail_nor_the_exit(string protocol)
    {
        await using var collector = await OtlpCollector.Start();
        collector.Hang();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector, protocol), ("MAIL_SHUTDOWN_TIMEOUT", "2s")]);
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        await collector.Export(_ => true, "an export that hangs");
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");

        var since = Stopwatch.GetTimestamp();
        (await service.Terminate()).ShouldBe(0);

        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(3));
        service.Log.Lines.ShouldContain(line => line.Contains("not everything was exported", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Exporting.Http)]
    [InlineData(Exporting.Grpc)]
    public async Task A_collector_that_refuses_is_told_once_for_each_signal_and_so_is_that_it_takes_again(string protocol)
    {
        await using var collector = await OtlpCollector.Start();
        collector.Refuse(true);
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, Exporting.To(collector, protocol));
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        await Said("does not take the metrics");
        await Said("does not take the traces");
        var exports = collector.Exports.Count;
        await collector.Export(_ => collector.Exports.Count > exports + 3, "more exports");

        collector.Refuse(false);
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        await Said("takes the metrics again");
        await Said("takes the traces again");

        service.Log.Lines.Count(line => line.Contains("does not take the", StringComparison.Ordinal)).ShouldBe(2, service.Log.Tail());

        Task Said(string text) => Deadline.In().Wait(service.Log.Line(line => line.Contains(text, StringComparison.Ordinal)), text, () => service.Log.Tail());
    }
}
