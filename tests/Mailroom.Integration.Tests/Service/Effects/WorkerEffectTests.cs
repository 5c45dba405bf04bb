using System.Globalization;
using System.Text;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>The settings of templates and workers, seen on a service that runs.</summary>
public sealed class WorkerEffectTests
{
    [Fact]
    [Trait("Requirement", "C29")]
    [Trait("Requirement", "D19")]
    [Trait("Requirement", "D29")]
    public async Task No_more_attempts_run_at_a_time_than_set()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = _ => true });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_ATTEMPT_WORKER_CONCURRENCY", "2"), ("MAIL_SMTP_TIMEOUT", "1m"));
        for (var i = 0; i < 6; i++)
        {
            await service.Accept(TestMail.To($"ada{i}@example.test"));
        }

        // All six are claimed, four of them ahead of a slot.
        await sink.WaitForStalled(2);
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sending'") == 6, "six claims");
        (sink.Stalled, sink.Connections).ShouldBe((2, 2));

        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        await sink.Ledger.WaitForMails(6);
        sink.Connections.ShouldBe(2);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    [Trait("Requirement", "D29")]
    public async Task An_idempotency_key_is_kept_as_long_as_set()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, ("MAIL_IDEMPOTENCY_TTL", "90m"), ("MAIL_SMTP_MODE", "capture"));

        await service.Accept(TestMail.To("ada@example.test"), "key-1");

        var row = (await store.Rows("SELECT created_at, expires_at FROM idempotency")).ShouldHaveSingleItem();
        (Time(row[1]) - Time(row[0])).ShouldBe(TimeSpan.FromMinutes(90), TimeSpan.FromSeconds(5));
    }

    [Fact]
    [Trait("Requirement", "C09")]
    [Trait("Requirement", "D29")]
    [Trait("Requirement", "D34")]
    public async Task Templates_are_those_of_the_directory_that_is_set_as_they_were_at_the_start()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = await SmtpSink.Start(keepMails: true);
        using var templates = new TemporaryFolder();
        foreach (var template in (string[])["auth.login_code", "greeting"])
        {
            var folder = templates.Folder($"{template}/en");
            await File.WriteAllTextAsync(Path.Combine(folder, "subject.hbs"), "Hello");
            await File.WriteAllTextAsync(Path.Combine(folder, "text.hbs"), "first words");
        }

        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_TEMPLATE_DIR", templates.Path));
        await File.WriteAllTextAsync(Path.Combine(templates.Path, "greeting/en/text.hbs"), "second words");
        (await Sent(service, sink, 1)).ShouldContain("first words");

        (await service.Terminate()).ShouldBe(0);
        await service.Restart();
        (await Sent(service, sink, 2)).ShouldContain("second words");
    }

    private static async Task<string> Sent(RunningMailroom service, SmtpSink sink, int count)
    {
        var id = await service.Accept(new { from = "a@example.com", to = "ada@example.test", template = new { id = "greeting", locale = "en" } });
        await service.Until(id, "sent");
        await sink.WaitForMails(count);
        return string.Join('\n', sink.ReadMails().Select(Encoding.UTF8.GetString).Where(mail => mail.Contains(TestMail.MessageId(id), StringComparison.Ordinal)));
    }

    /// <summary>SQLite keeps times as milliseconds or as text.</summary>
    private static DateTimeOffset Time(string stored) =>
        long.TryParse(stored, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : DateTimeOffset.Parse(stored, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
