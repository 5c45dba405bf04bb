using System.Diagnostics.Metrics;
using Mailroom.Actors.Kernel;

namespace Mailroom.Host.Telemetry;

/// <summary>What is measured when somebody asks. Nothing here waits.</summary>
internal static class Gauges
{
    public static void Add(Meter meter, ScheduleWatch schedule, Func<NodeFigures> node, TimeProvider clock)
    {
        var lanes = new LaneSeries();
        meter.CreateObservableGauge(
            "mail.attempt_schedule.depth",
            () => schedule.Latest is { } reading ? [new Measurement<long>(reading.Facts.Depth)] : Array.Empty<Measurement<long>>(),
            "{delivery}", "Deliveries with a due or future attempt.");
        meter.CreateObservableGauge(
            "mail.attempt_schedule.oldest_age_ms",
            () => schedule.Latest is { } reading ? [new Measurement<double>(reading.OldestAge(clock.Now()).TotalMilliseconds)] : Array.Empty<Measurement<double>>(),
            "ms", "Time since the oldest due attempt was due; 0 where nothing is due.");
        meter.CreateObservableGauge(
            "mail.org.oldest_age_ms", () => lanes.Measure(schedule.Latest, clock.Now()), "ms", "Time since the oldest due attempt of an org's lane was due.");
        meter.CreateObservableGauge("mail.attempt.running", () => node().Running, "{attempt}", "Attempts that are being made or whose outcome is not stored yet.");
        meter.CreateObservableGauge("mail.attempt.in_line", () => node().InLine, "{delivery}", "Deliveries that wait for a slot in this process.");
        meter.CreateObservableGauge("mail.cluster.members", () => node().Members, "{node}", "Nodes that share the store, as this one last heard.");
        meter.CreateObservableGauge("mail.cluster.shards", () => node().Shards, "{shard}", "Shards that are this node's.");
        meter.CreateObservableGauge("mail.store.available", () => node().IsStoreAvailable ? 1 : 0, "1", "1 while the store answers, else 0.");
    }
}
