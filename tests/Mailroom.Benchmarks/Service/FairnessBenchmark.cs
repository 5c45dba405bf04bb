using Mailroom.Testing;

namespace Mailroom.Benchmarks.Service;

/// <summary>What a backlog of one org costs another one.</summary>
internal static class FairnessBenchmark
{
    public static async Task RunAsync(int queued, int mails, int workers)
    {
        await using var sink = LedgerSink.Start();
        await using var service = await RunningService.StartAsync(
            "postgres", sink.Port, workers, [("MAIL_LOG_LEVEL", "info"), ("MAIL_SMTP_FROM_EMAIL", "noreply@example.com")]);
        var run = await FairnessRun.Of(
            new(new Uri($"http://{service.Endpoint}"), service.Internal, service.Key, service.Pid, service.Database!, sink), queued, mails, idle: 10);
        Console.WriteLine(run);
    }
}
