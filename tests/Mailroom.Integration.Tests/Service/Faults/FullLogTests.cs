using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>Nothing more fits on the disk of the log. That of the store is a matter of the stores' own tests.</summary>
public sealed class FullLogTests
{
    [Fact]
    public async Task A_log_that_cannot_be_written_holds_up_no_mail()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        var (inside, outside) = (LoopbackPort.Free(), LoopbackPort.Free());
        var environment = MailroomEnvironment.Of(
            store, sink.Port,
            [
                .. MailroomEnvironment.Production, ("MAILROOM_LOG_SUMMARY_INTERVAL", "100ms"),
                ("MAIL_INTERNAL_HTTP_ADDR", $"127.0.0.1:{inside}"), ("MAILROOM_PUBLIC_HTTP_ADDR", $"127.0.0.1:{outside}"),
            ]);
        (await MailroomCommand.Run(environment, "db", "up")).ExitCode.ShouldBe(0);
        var key = await MailroomCommand.NewKey(environment);
        var service = ServiceCommand.Mailroom(environment);

        // What is written to /dev/full finds no space (full(4)).
        await using var process = await ServiceProcess.Start(
            service with { FileName = Executable.Find("sh"), Arguments = ["-c", "exec \"$0\" >/dev/full", service.FileName] }, Readiness.Port(outside));

        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", key) } };
        var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{outside}/api/v1/emails"));
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
