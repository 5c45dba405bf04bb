using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>Nothing more fits on the disk.</summary>
public sealed class FullDiskTests
{
    private const int Megabytes = 12;

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

    /// <summary>The file is on a file system of the process's own, of which nothing is left when the process ends.</summary>
    [Fact]
    public async Task A_full_disk_under_the_SQLite_file_refuses_mail_loses_none_and_takes_it_again_by_itself_once_there_is_space()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        using var folder = new TemporaryFolder();
        var small = folder.Folder("small");
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        string[] asRoot = Environment.IsPrivilegedProcess ? [] : ["--map-root-user"];
        await using var service = await RunningMailroom.StartBy(
            ["unshare", "--mount", .. asRoot, "sh", "-c", $"mount -t tmpfs -o size={Megabytes}m tmpfs \"$0\" && exec \"$@\"", small],
            store, sink.Port, ("MAILROOM_SQLITE_PATH", Path.Combine(small, "mail.db")), ("MAIL_SMTP_TIMEOUT", "1m"));
        var underWay = await service.Accept(TestMail.To("before@example.test"));
        await sink.WaitForStalled(1);

        // As the process sees its folder (proc(5)).
        var ballast = string.Create(CultureInfo.InvariantCulture, $"/proc/{service.Id}/root{small}/ballast");
        Fill(ballast);
        await Eventually.True(
            async () =>
            {
                using var refused = await service.Post(TestMail.To("while@example.test"), "while");
                return refused.StatusCode == HttpStatusCode.ServiceUnavailable && refused.Headers.RetryAfter is not null;
            },
            "mail to be refused with 503 and Retry-After", detail: () => service.Log.Tail(20));
        await Eventually.True(async () => !await service.IsReady(), "the service to say that it is not ready", detail: () => service.Log.Tail(20));
        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        await sink.Ledger.WaitForMails(1);

        File.Delete(ballast);
        await Eventually.True(service.IsReady, "the service to be ready again", detail: () => service.Log.Tail(20));
        await service.Until(underWay, "sent");
        await service.Until(await service.Accept(TestMail.To("while@example.test"), "while"), "sent");
        (await service.Attempts(underWay)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["provider_accepted"]);
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Distinct().ShouldBe(["before@example.test", "while@example.test"]);
        sink.Ledger.Duplicates().ShouldBeEmpty();
    }

    /// <summary>Until nothing more fits.</summary>
    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (file.Length < 2 * Megabytes * 1024 * 1024)
            {
                file.Write(block);
            }
        }
        catch (IOException full) when (full.Message.Contains("No space left", StringComparison.Ordinal))
        {
            return;
        }

        throw new InvalidOperationException("The file system is larger than it was made.");
    }
}
