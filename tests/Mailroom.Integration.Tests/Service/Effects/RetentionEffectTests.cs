using System.Globalization;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>What is deleted by itself, when, and what stays.</summary>
public sealed class RetentionEffectTests
{
    private static readonly string[] Tables = ["deliveries", "delivery_recipients", "delivery_payloads", "delivery_events", "attempts", "dead_letters"];

    [Fact]
    [Trait("Requirement", "D20")]
    [Trait("Requirement", "D21")]
    [Trait("Requirement", "D22")]
    [Trait("Requirement", "D29")]
    public async Task The_first_pass_is_at_the_start_and_takes_what_ended_long_ago_with_all_that_belongs_to_it()
    {
        await using var database = await TestPostgres.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = address => address.StartsWith("full", StringComparison.Ordinal) ? "452 4.2.2 Mailbox full" : null });
        (string Name, string Value)[] settings =
        [
            ("MAILROOM_STORE", "postgres"), ("MAIL_POSTGRES_PRIMARY_DSN", database.ConnectionString), ("MAILROOM_SQLITE_PATH", ""), ("MAIL_RETRY_LADDER", "[]"),
        ];
        string sent, dead, scheduled, fresh;
        await using (var first = await RunningMailroom.Start(store, sink.Port, settings))
        {
            sent = await first.Accept(TestMail.To("ada@example.test"), "key-1");
            dead = await first.Accept(TestMail.To("full@example.test"));
            scheduled = await first.Accept(Later("ada@example.test"));
            fresh = await first.Accept(TestMail.To("ada@example.test"));
            await first.Until(sent, "sent");
            await first.Until(dead, "dead_letter");
            await first.Until(fresh, "sent");
            (await first.Terminate()).ShouldBe(0);
        }

        await database.Execute($"""
            UPDATE mail.deliveries SET updated_at = updated_at - interval '2 hours', created_at = created_at - interval '2 hours' WHERE delivery_id <> '{fresh}';
            UPDATE mail.idempotency SET expires_at = now() - interval '1 second';
            INSERT INTO mail.malformed_commands (stream, entry_id, recorded_at, failure_code, failure_message, raw_fields, raw_truncated)
            SELECT 's', n || '-0', now() - n * interval '1 hour', 'invalid_command', 'm', '', false FROM generate_series(1, 4) n;
            """);

        await using var second = await RunningMailroom.Start(
            store, sink.Port, [.. settings, ("MAIL_DELIVERY_RETENTION", "1h"), ("MAIL_MALFORMED_COMMAND_RETENTION", "2h30m")]);
        var pass = await Deadline.In().Wait(
            second.Log.Line(line => line.Contains("SQL retention worker: pass ended", StringComparison.Ordinal)), "the first pass", () => second.Log.Tail());

        pass.ShouldContain("deliveries=2 malformed=2 keys=1");
        foreach (var table in Tables)
        {
            (await database.Scalar<long>($"SELECT count(*) FROM mail.{table} WHERE delivery_id IN ('{sent}', '{dead}')")).ShouldBe(0, table);
        }

        (await database.Scalar<long>($"SELECT count(*) FROM mail.deliveries WHERE delivery_id IN ('{scheduled}', '{fresh}')")).ShouldBe(2);
        (await database.Scalar<long>("SELECT count(*) FROM mail.malformed_commands WHERE entry_id IN ('1-0', '2-0')")).ShouldBe(2);
        (await database.Scalar<long>("SELECT count(*) FROM mail.malformed_commands")).ShouldBe(2);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D22")]
    [Trait("Requirement", "D29")]
    public async Task Later_passes_come_at_the_interval_that_is_set(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var service = await RunningMailroom.Start(
            store, smtpPort: 25, ("MAIL_SMTP_MODE", "capture"), ("MAIL_DELIVERY_RETENTION", "1s"), ("MAIL_CLEANUP_INTERVAL", "1s"));
        await Deadline.In().Wait(service.Log.Line(line => line.Contains("SQL retention worker: pass ended", StringComparison.Ordinal)), "the first pass");

        await service.Accept(TestMail.To("ada@example.test"));
        var scheduled = await service.Accept(Later("ada@example.test"));

        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries") == 1, "the mail that was sent to be deleted", detail: () => service.Log.Tail());
        (await store.Rows("SELECT delivery_id FROM deliveries")).ShouldHaveSingleItem().ShouldBe([scheduled]);
        (await store.Count("SELECT count(*) FROM delivery_recipients")).ShouldBe(1);
    }

    private static object Later(string recipient) => new
    {
        from = "a@example.com",
        to = recipient,
        subject = "Later",
        text = "Later",
        scheduled_at = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };
}
