using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Mailroom.Testing;

namespace Mailroom.Benchmarks.Service;

/// <summary>W1: mails of 2 KB, posted one a request, templated, until the last one is in the sink.</summary>
internal static class ServiceBenchmark
{
    public static async Task RunAsync(string store, int warmup, int mails, int connections, int workers, bool templated, string telemetry)
    {
        await using var sink = await SmtpSink.Start();
        await using var collector = await OtlpCollector.Start(discards: true);
        await using var service = await RunningService.StartAsync(store, sink.Port, workers, Telemetry(telemetry, collector));
        var load = new HttpLoad(service.Endpoint, "/api/v1/emails", service.Key, Body(templated));
        await load.RunAsync(warmup, connections);
        await sink.WaitForMails(warmup, TimeSpan.FromMinutes(2));

        var database = store == "postgres" ? int.Parse(Environment.GetEnvironmentVariable("MAILROOM_TEST_PG_PID")!, CultureInfo.InvariantCulture) : 0;
        var own = ProcessCost.CpuSeconds(service.Pid);
        var ofDatabase = database == 0 ? 0 : ProcessCost.CpuSeconds(database);
        var since = Stopwatch.GetTimestamp();
        var latencies = await load.RunAsync(mails, connections);
        var accepted = Stopwatch.GetElapsedTime(since).TotalSeconds;
        await sink.WaitForMails(warmup + mails, TimeSpan.FromMinutes(5));
        var delivered = Stopwatch.GetElapsedTime(since).TotalSeconds;
        own = ProcessCost.CpuSeconds(service.Pid) - own;
        ofDatabase = database == 0 ? 0 : ProcessCost.CpuSeconds(database) - ofDatabase;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            {store}: {mails:N0} mails of 2 KB after {warmup:N0} to warm up{(templated ? ", templated" : "")}, {connections} HTTP connections, {workers} workers, telemetry: {telemetry}
              accepted a second             {mails / accepted,10:N0}
              accepted and delivered a s    {mails / delivered,10:N0}
              accept p50 / p99 / p99.9      {At(latencies, 0.5):F2} / {At(latencies, 0.99):F2} / {At(latencies, 0.999):F2} ms
              CPU, service                  {own / mails * 1e6,10:N0} µs a mail
              CPU, database                 {ofDatabase / mails * 1e6,10:N0} µs a mail
              peak memory, service          {ProcessCost.PeakMegabytes(service.Pid),10:N0} MB
            """));
    }

    /// <param name="what">none; metrics; or all: traces of every mail as well.</param>
    private static IEnumerable<(string Name, string Value)> Telemetry(string what, OtlpCollector collector) =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Http),
        ("OTEL_METRICS_EXPORTER", what is "metrics" or "all" ? "otlp" : "none"),
        ("OTEL_TRACES_EXPORTER", what == "all" ? "otlp" : "none"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5000"),
    ];

    private static double At(int[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)] / 1000.0;

    private static byte[] Body(bool templated)
    {
        var text = new StringBuilder("Hello Ada,\n\n");
        while (text.Length < 1_900)
        {
            text.Append("your order 4711 is on its way and arrives on Friday, as agreed.\n");
        }

        object mail = templated
            ? new { from = "Shop <shop@example.com>", to = "ada@example.net", template = new { id = "welcome", locale = "en", variables = Variables() } }
            : new { from = "Shop <shop@example.com>", to = "ada@example.net", subject = "Your order 4711", text = text.ToString() };
        return JsonSerializer.SerializeToUtf8Bytes(mail);
    }

    private static Dictionary<string, object> Variables() => new()
    {
        ["name"] = "Ada",
        ["product"] = "Shop",
        ["start_url"] = "https://shop.example.com/start?token=0123456789abcdef",
        ["tips"] = new[] { "Set your delivery address.", "Choose how you like to pay.", "Tell us when you are at home." },
    };
}
