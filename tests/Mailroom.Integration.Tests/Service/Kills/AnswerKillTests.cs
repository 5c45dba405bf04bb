using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Service.Kills;

/// <summary>
/// The kill matrix of commits whose answer was on its way: PostgreSQL has committed, and the process dies before it reads so. With SQLite
/// the process is itself who commits, which are the points <c>before</c> and <c>after</c> of the other matrices.
/// </summary>
public sealed class AnswerKillTests
{
    private static readonly (string Name, string Value)[] Patient = [("MAIL_POSTGRES_OPERATION_TIMEOUT", "1m"), ("MAIL_SMTP_TIMEOUT", "1m")];

    [Fact]
    public async Task A_mail_whose_acceptance_was_committed_and_not_answered_is_one_mail_when_it_is_posted_again()
    {
        await using var database = await TestPostgres.Create();
        await using var store = TestStore.On(database);
        await using var hold = AnswerHold.Before(Port(database));
        await using var sink = LedgerSink.Start();
        await using var first = await RunningMailroom.Start(store, sink.Port, [.. Patient, Behind(database, hold)]);
        await first.Until(await first.Accept(TestMail.To("before@example.test")), "sent");

        hold.Hold();
        var posting = Deaths.OrNull(first.Accept(TestMail.To("ada@example.test"), "order-4711"));
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries") == 2, "the acceptance to be committed");
        await first.Kill9();
        (await posting).ShouldBeNull();

        await using var second = await RunningMailroom.Start(store, sink.Port, Patient);
        var id = await second.Accept(TestMail.To("ada@example.test"), "order-4711");
        await second.Until(id, "sent");
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(2);
        (await second.Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["uncertain", "provider_accepted"]);
        sink.Ledger.CountOf(TestMail.MessageId(id)).ShouldBe(1);
    }

    [Fact]
    public async Task A_mail_whose_outcome_was_committed_and_not_answered_is_not_sent_again()
    {
        await using var database = await TestPostgres.Create();
        await using var store = TestStore.On(database);
        await using var hold = AnswerHold.Before(Port(database));
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var first = await RunningMailroom.Start(store, sink.Port, [.. Patient, Behind(database, hold)]);
        var id = await first.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        hold.Hold();
        sink.ReleaseStalled();
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == 1, "the outcome to be committed");
        await first.Kill9();

        sink.Faults = LedgerFaults.None;
        await using var second = await RunningMailroom.Start(store, sink.Port, Patient);
        await second.Until(await second.Accept(TestMail.To("after@example.test")), "sent");
        (await second.Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["provider_accepted"]);
        sink.Ledger.CountOf(TestMail.MessageId(id)).ShouldBe(1);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public async Task A_batch_of_the_stream_that_was_committed_and_not_answered_is_not_taken_again()
    {
        await using var redis = await TestRedis.Create();
        await using var database = await TestPostgres.Create();
        await using var store = TestStore.On(database);
        await using var hold = AnswerHold.Before(Port(database));
        await using var sink = LedgerSink.Start();
        await using var first = await RunningMailroom.Start(store, sink.Port, [.. Patient, Behind(database, hold), .. redis.Settings()]);
        await redis.Add(TestCommand.Numbered(0));
        await first.UntilTaken(TestCommand.Id(0), "sent");

        hold.HoldBehind(TestCommand.Recipient(1));
        await redis.Add(TestCommand.Numbered(1));
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries") == 2, "the batch to be committed");
        await first.Kill9();

        await using var second = await RunningMailroom.Start(store, sink.Port, [.. Patient, .. redis.Settings()]);
        await second.UntilTaken(TestCommand.Id(1), "sent");
        await redis.Add(TestCommand.Numbered(2));
        await second.UntilTaken(TestCommand.Id(2), "sent");
        (await store.Rows("SELECT status FROM attempts")).ShouldAllBe(row => row[0] == "provider_accepted");
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).ShouldBe(Enumerable.Range(0, 3).Select(TestCommand.Recipient));
        (await store.Rows("SELECT entries, gaps, resets FROM streams")).ShouldHaveSingleItem().ShouldBe(["3", "0", "0"]);
        (await store.Count("SELECT count(*) FROM malformed_commands")).ShouldBe(0);
    }

    private static int Port(TestPostgres database) => new NpgsqlConnectionStringBuilder(database.ConnectionString).Port;

    private static (string Name, string Value) Behind(TestPostgres database, AnswerHold hold) =>
        ("MAIL_POSTGRES_PRIMARY_DSN", new NpgsqlConnectionStringBuilder(database.ConnectionString) { Port = hold.Port }.ConnectionString);
}
