using System.Globalization;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Kills;

public sealed class MailKillSqliteTests(ITestOutputHelper output) : MailKillTests(TestStore.Sqlite, output);

public sealed class MailKillPostgresTests(ITestOutputHelper output) : MailKillTests(TestStore.Postgres, output);

/// <summary>The kill matrix of one mail: the process dies by SIGKILL at a point of its way and is started again.</summary>
public abstract class MailKillTests(string kind, ITestOutputHelper output)
{
    private const string Key = "order-4711";
    private const int LargeLines = 120_000;

    /// <summary>Long after the start of a service, and short for a test.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(2);

    /// <summary>G8 says 2 s after the restart; the rest is for a machine that does other things too.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(15);

    public static TheoryData<string> Points => new(MailPoint.All.Select(point => point.Name));

    [Theory]
    [MemberData(nameof(Points))]
    public async Task A_mail_whose_process_dies_at_any_point_is_kept_ends_once_and_arrives_twice_only_where_an_uncertain_attempt_says_why(string name)
    {
        var point = MailPoint.All.Single(point => point.Name == name);
        (string, string)[] settings = [("MAIL_RETRY_LADDER", point.Ladder), ("MAIL_SMTP_TIMEOUT", "1m")];
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(point.NextHop);
        var (mail, told) = await LiveAndDie(point, store, sink, settings);

        sink.Faults = LedgerFaults.None;
        await using var service = await RunningMailroom.Start(store, sink.Port, settings);
        var ready = DateTimeOffset.UtcNow;
        using var again = await service.Post(mail, Key);
        var id = await RunningMailroom.IdIn(again);
        var delivery = await service.Until(id, point.Status);
        output.WriteLine($"{kind}, {name}: {point.Status} {(DateTimeOffset.UtcNow - ready).TotalMilliseconds:F0} ms after ready");

        (told ?? id).ShouldBe(id);
        again.Headers.Contains("Idempotency-Replayed").ShouldBe(point.IsStored);
        delivery.GetProperty("id").GetString().ShouldBe(id);
        (await service.Attempts(id)).Select(Status).ShouldBe(point.Attempts);
        sink.Ledger.Mails.Select(taken => taken.MessageId).ShouldBe(Enumerable.Repeat(TestMail.MessageId(id), point.Copies));
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(1);
        (await store.Count("SELECT count(*) FROM idempotency")).ShouldBe(1);
        (await store.Count("SELECT count(*) FROM dead_letters")).ShouldBe(point.Status == "dead_letter" ? 1 : 0);
        (DateTimeOffset.UtcNow - ready).ShouldBeLessThan(BackWithin);
    }

    /// <summary>The attempts that a process was making when it died are found by the next; it dies of it, and the third finds them.</summary>
    [Theory]
    [InlineData("before attempt_ended")]
    [InlineData("after attempt_ended")]
    [InlineData("before attempt_started")]
    [InlineData("after call")]
    public async Task A_process_that_dies_while_it_takes_up_what_another_left_leaves_it_to_the_next(string point)
    {
        (string, string)[] settings = [("MAIL_RETRY_LADDER", "1s,1s,1s"), ("MAIL_SMTP_TIMEOUT", "1m")];
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        string id;
        await using (var first = await RunningMailroom.Start(store, sink.Port, settings))
        {
            id = await first.Accept(TestMail.To("ada@example.test"));
            await sink.WaitForStalled(1);
            await first.Kill9();
        }

        sink.Faults = LedgerFaults.None;
        await using (var second = await RunningMailroom.StartToDie(store, sink.Port, point, 1, settings))
        {
            await second.Died();
        }

        await using var third = await RunningMailroom.Start(store, sink.Port, settings);
        await third.Until(id, "sent");

        var copies = point == "after call" ? 2 : 1;
        (await third.Attempts(id)).Select(Status).ShouldBe([.. Enumerable.Repeat("uncertain", copies), "provider_accepted"]);
        sink.Ledger.Mails.Select(taken => taken.MessageId).ShouldBe(Enumerable.Repeat(TestMail.MessageId(id), copies));
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(1);
    }

    /// <summary>Gives the mail, and the id that the caller was told or null where the process died before it said one.</summary>
    private static async Task<(object Mail, string? Told)> LiveAndDie(MailPoint point, TestStore store, LedgerSink sink, (string, string)[] settings)
    {
        await using var service = point.Point is { } at
            ? await RunningMailroom.StartToDie(store, sink.Port, at, point.Passing, settings)
            : await RunningMailroom.Start(store, sink.Port, settings);
        var mail = Mail(point);
        var told = await Deaths.OrNull(service.Accept(mail, Key));
        if (point.Point is not null)
        {
            await service.Died();
            return (mail, told);
        }

        await sink.WaitForStalled(1);
        if (point.IsTaken)
        {
            // Stands still, so that the server's acknowledgement is on its way and is never read.
            service.Pause();
            sink.ReleaseStalled();
            await sink.Ledger.WaitForMails(1);
        }

        await service.Kill9();
        return (mail, told);
    }

    private static object Mail(MailPoint point) => new
    {
        from = "Shop <shop@example.com>",
        to = "ada@example.test",
        subject = "Your order",
        text = point.IsLarge ? string.Concat(Enumerable.Repeat("Hello, your order with all of its many lines is on its way to you.\n", LargeLines)) : "Hello,\n\nyour order is on its way.\n",
        scheduled_at = point.IsScheduled ? (DateTimeOffset.UtcNow + Ahead).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : null,
    };

    private static string? Status(JsonElement attempt) => attempt.GetProperty("status").GetString();
}
