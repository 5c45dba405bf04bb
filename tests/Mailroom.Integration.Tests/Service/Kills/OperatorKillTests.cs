using System.Globalization;
using System.Net;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Kills;

public sealed class OperatorKillSqliteTests() : OperatorKillTests(TestStore.Sqlite);

public sealed class OperatorKillPostgresTests() : OperatorKillTests(TestStore.Postgres);

/// <summary>The kill matrix of operators' commands: the process dies after a command's commit and before its answer, and the operator asks again.</summary>
public abstract class OperatorKillTests(string kind)
{
    private static readonly (string Name, string Value)[] OneRetry = [("MAIL_RETRY_LADDER", "1s")];

    [Fact]
    public async Task A_resend_that_was_stored_is_the_same_one_when_it_is_asked_for_again()
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        string parent;
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, "after accepted", 2))
        {
            using var inside = new Operator(first);
            parent = await first.Accept(TestMail.To("ada@example.test"));
            await first.Until(parent, "sent");
            (await Deaths.OrNull(Resend(inside, parent))).ShouldBeNull();
            await first.Died();
        }

        await using var second = await RunningMailroom.Start(store, sink.Port);
        using var again = new Operator(second);
        var clone = await Resend(again, parent);
        await second.Until(clone, "sent");

        (await store.Rows("SELECT delivery_id FROM deliveries WHERE parent_id IS NOT NULL")).ShouldHaveSingleItem().ShouldBe([clone]);
        sink.Ledger.Mails.Select(mail => mail.MessageId).ShouldBe([TestMail.MessageId(parent), TestMail.MessageId(clone)]);
    }

    [Fact]
    public async Task A_redrive_that_died_half_way_goes_on_with_those_that_are_left()
    {
        const int Dead = 3;
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => "451 4.2.1 Try again later" });
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, "after accepted", Dead + 1, OneRetry))
        {
            using var inside = new Operator(first);
            var dead = await Task.WhenAll(Enumerable.Range(0, Dead).Select(to => first.Accept(TestMail.To($"r{to}@example.test"))));
            await Task.WhenAll(dead.Select(id => first.Until(id, "dead_letter")));

            sink.Faults = LedgerFaults.None;
            (await Deaths.OrNull(inside.Ask("dead-letters/redrive"))).ShouldBeNull();
            await first.Died();
        }

        var begun = await store.Count("SELECT count(*) FROM deliveries WHERE parent_id IS NOT NULL");
        begun.ShouldBeInRange(1, Dead);
        await using var second = await RunningMailroom.Start(store, sink.Port, OneRetry);
        using var again = new Operator(second);
        (await again.Post("dead-letters/redrive", new { })).GetProperty("count").GetInt64().ShouldBe(Dead - begun);
        await sink.Ledger.WaitForMails(Dead);
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == Dead, "the clones to be sent");

        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(Enumerable.Range(0, Dead).Select(to => $"r{to}@example.test"));
        (await store.Count("SELECT count(*) FROM dead_letters WHERE repeated_by IS NULL")).ShouldBe(0);
    }

    [Fact]
    public async Task A_mail_that_was_called_back_is_not_sent_and_calling_it_back_again_is_no_error()
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        string id;
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, "after canceled", 1))
        {
            using var inside = new Operator(first);
            id = await first.Accept(Later());
            (await Deaths.OrNull(inside.Ask($"deliveries/{id}/cancel"))).ShouldBeNull();
            await first.Died();
        }

        await using var second = await RunningMailroom.Start(store, sink.Port);
        using var again = new Operator(second);
        (await second.Until(id, "canceled")).GetProperty("attempts_made").GetInt32().ShouldBe(0);
        (await again.Post($"deliveries/{id}/cancel", new { })).GetProperty("status").GetString().ShouldBe("canceled");
        (await store.Count("SELECT count(*) FROM delivery_events WHERE type = 'canceled'")).ShouldBe(1);
        sink.Ledger.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("acme")]
    [InlineData("org_all")]
    [Trait("Requirement", "B34")]
    public async Task A_pause_that_was_stored_holds_after_the_restart_and_ends_when_it_is_resumed(string who)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        string key;
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, "after outbound_paused", 1))
        {
            using var inside = new Operator(first);
            using var acme = await inside.MakeOrg("acme", rps: 100);
            key = acme.Key;
            (await Deaths.OrNull(inside.Ask(who == "org_all" ? "outbound/pause" : "orgs/acme/outbound/pause", new { reason = "a test" }))).ShouldBeNull();
            await first.Died();
        }

        await using var second = await RunningMailroom.Start(store, sink.Port, ("MAILROOM_LOG_SUMMARY_INTERVAL", "300ms"), ("MAILROOM_SCHEDULE_METRICS_INTERVAL", "100ms"));
        using var again = new Operator(second);
        using var paused = new TestOrg(second, "acme", key);
        var id = await paused.Accept("ada@example.test");
        await Deadline.In().Wait(
            second.Log.Line(line => line.Contains("waiting=1 ", StringComparison.Ordinal) && line.Contains(" in_line=0 running=0 ", StringComparison.Ordinal)),
            "the mail to wait", () => second.Log.Tail());
        sink.Ledger.Count.ShouldBe(0);

        await (who == "org_all" ? again.ResumeAll() : again.Resume("acme"));
        await second.Until(id, "sent");
        sink.Ledger.Count.ShouldBe(1);
    }

    [Fact]
    [Trait("Requirement", "A37")]
    public async Task A_limit_that_was_stored_holds_after_the_restart()
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, "after org_changed", 1))
        {
            using var inside = new Operator(first);
            using var acme = await inside.MakeOrg("acme", rps: 1);
            await Should.ThrowAsync<HttpRequestException>(() => acme.SetRps(77));
            await first.Died();
        }

        await using var second = await RunningMailroom.Start(store, sink.Port);
        (await second.ReadInside("/api/v1/internal/orgs/acme")).GetProperty("rps").GetInt32().ShouldBe(77);
    }

    [Fact]
    public async Task An_org_that_was_stored_is_there_after_the_restart_and_making_it_again_says_so()
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, "after org_created", 1))
        {
            using var inside = new Operator(first);
            await Should.ThrowAsync<HttpRequestException>(() => inside.MakeOrg("acme"));
            await first.Died();
        }

        await using var second = await RunningMailroom.Start(store, sink.Port);
        using var again = new Operator(second);
        (await again.Post("orgs", new { id = "acme", name = "acme" }, HttpStatusCode.Conflict)).GetProperty("error").GetProperty("code").GetString().ShouldBe("org_exists");
        (await store.Count("SELECT count(*) FROM orgs WHERE org_id = 'acme'")).ShouldBe(1);
    }

    private static async Task<string> Resend(Operator inside, string id) =>
        (await inside.Post($"deliveries/{id}/resend", new { }, HttpStatusCode.Created, "resend-1")).GetProperty("delivery_id").GetString()!;

    private static object Later() => new
    {
        from = "a@example.com",
        to = "ada@example.test",
        subject = "Later",
        text = "Later",
        scheduled_at = DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };
}
