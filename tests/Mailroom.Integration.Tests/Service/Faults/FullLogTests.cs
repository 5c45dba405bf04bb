using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>Nothing more fits on the disk of the log. That of the store is a matter of the stores' own tests.</summary>
public sealed class FullLogTests
{
    private const int LinesThatWait = 10_000;

    /// <summary>What is written to /dev/full finds no space (full(4)).</summary>
    [Fact]
    public Task A_log_that_cannot_be_written_holds_up_no_mail() => Flows("exec \"$0\" >/dev/full", requests: 0);

    /// <summary>A pipe that somebody holds open and does not read takes 64 KiB, and then nothing (pipe(7)).</summary>
    [Fact]
    public Task A_log_that_nobody_reads_holds_up_no_mail()
    {
        var pipe = Path.Combine(Path.GetTempPath(), "log-" + Guid.NewGuid().ToString("N"));
        return Flows($"mkfifo {pipe} && exec 3<>{pipe} && rm {pipe} && exec \"$0\" >&3", requests: LinesThatWait + 2_000);
    }

    private static async Task Flows(string start, int requests)
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        var (inside, outside) = (LoopbackPort.Free(), LoopbackPort.Free());
        var environment = MailroomEnvironment.Of(
            store, sink.Port,
            [
                .. MailroomEnvironment.Production, ("MAIL_LOG_LEVEL", "debug"), ("MAILROOM_LOG_SUMMARY_INTERVAL", "100ms"),
                ("MAIL_INTERNAL_HTTP_ADDR", $"127.0.0.1:{inside}"), ("MAILROOM_PUBLIC_HTTP_ADDR", $"127.0.0.1:{outside}"),
            ]);
        (await MailroomCommand.Run(environment, "db", "up")).ExitCode.ShouldBe(0);
        var key = await MailroomCommand.NewKey(environment);
        var service = ServiceCommand.Mailroom(environment);
        await using var process = await ServiceProcess.Start(
            service with { FileName = Executable.Find("sh"), Arguments = ["-c", start, service.FileName] }, Readiness.Port(outside));

        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", key) } };
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{outside}/api/v1/emails"));

        // Each has a line, at debug.
        await Parallel.ForAsync(0, requests, async (_, cancel) =>
        {
            using var response = await http.GetAsync(url, cancel);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        });
        for (var mail = 0; mail < 50; mail++)
        {
            using var response = await http.PostAsJsonAsync(url, TestMail.To($"r{mail}@example.test"));
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        await sink.Ledger.WaitForMails(50);
        (await process.Terminate()).ShouldBe(0);
        (await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'")).ShouldBe(50);
    }
}
