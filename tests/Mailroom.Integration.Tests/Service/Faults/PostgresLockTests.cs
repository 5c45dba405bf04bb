using System.Net;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>Transactions that stand still: another program's, and those of a node that is frozen; and answers that never come.</summary>
public sealed class PostgresLockTests : IAsyncLifetime
{
    /// <summary>A commit gets five times as much, and a silent transaction half of that.</summary>
    private static readonly (string, string) Impatient = ("MAIL_POSTGRES_OPERATION_TIMEOUT", "500ms");

    private TestPostgres _database = null!;
    private TestStore _store = null!;
    private LedgerSink _sink = null!;

    public async Task InitializeAsync()
    {
        _database = await TestPostgres.Create();
        _store = TestStore.On(_database);
        _sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
    }

    public async Task DisposeAsync()
    {
        await _sink.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_row_that_an_idle_transaction_of_somebody_else_holds_costs_no_mail_and_no_second_attempt()
    {
        await using var service = await RunningMailroom.Start(_store, _sink.Port, Impatient);
        var held = await service.Accept(TestMail.To("held@example.test"));
        await _sink.WaitForStalled(1);
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"SELECT FROM mail.deliveries WHERE delivery_id = '{held}' FOR UPDATE", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync();
        }

        // As long as nobody writes that row, nobody notices.
        _sink.Faults = LedgerFaults.None;
        await service.Until(await service.Accept(TestMail.To("beside@example.test")), "sent");

        // The outcome of the held one has to be written now.
        _sink.ReleaseStalled();
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("the store does not answer", StringComparison.Ordinal)), "the log to say that the store does not answer", () => service.Log.Tail(20));
        await Eventually.True(
            async () =>
            {
                using var response = await service.Post(TestMail.To("meanwhile@example.test"), "meanwhile");
                return response.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "mail to be refused",
            detail: () => service.Log.Tail(20));
        await transaction.RollbackAsync();

        await service.Until(held, "sent");
        (await service.Attempts(held)).ShouldHaveSingleItem().GetProperty("status").GetString().ShouldBe("provider_accepted");
        await Eventually.True(service.IsReady, "the service to be ready again", detail: () => service.Log.Tail(20));
        await service.Until(await service.Accept(TestMail.To("meanwhile@example.test"), "meanwhile"), "sent");
        _sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(["beside@example.test", "held@example.test", "meanwhile@example.test"]);
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public async Task A_node_frozen_between_BEGIN_and_COMMIT_of_a_streams_batch_holds_up_nobody_and_writes_nothing_of_it()
    {
        _sink.Faults = LedgerFaults.None;
        await using var redis = await TestRedis.Create();
        await using var first = await RunningMailroom.Start(_store, _sink.Port, [.. redis.Settings(), Impatient]);
        await redis.Add(TestCommand.Numbered(0));
        await first.UntilTaken(TestCommand.Id(0), "sent");
        await using (var held = await HeldTable.Lock(_database, "mail.deliveries"))
        {
            // Its offset is moved, and its delivery waits for the table: the COMMIT would be the next message.
            await redis.Add(TestCommand.Numbered(1));
            await Eventually.True(
                async () => await _database.Scalar<long>(
                    """
                    SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)
                    WHERE a.datname = current_database() AND a.wait_event_type = 'Lock' AND l.locktype = 'advisory' AND l.granted
                    """) == 1,
                "the batch to wait",
                detail: () => first.Log.Tail(20));
            first.Pause();
            await held.Release();
        }

        await using var second = await RunningMailroom.Start(_store, _sink.Port, [.. redis.Settings(), Impatient]);
        await second.UntilTaken(TestCommand.Id(1), "sent");
        first.Resume();

        (await Deadline.In().Wait(first.Exited, "the first process to stop", () => first.Log.Tail())).ShouldBe(78);
        (await _store.Rows("SELECT entries, gaps, resets FROM streams")).ShouldHaveSingleItem().ShouldBe(["2", "0", "0"]);
        _sink.Ledger.Mails.SelectMany(mail => mail.Recipients).ShouldBe([TestCommand.Recipient(0), TestCommand.Recipient(1)]);
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_with_its_connection_counts_once_whatever_it_was_of()
    {
        await using var redis = await TestRedis.Create();
        await using var wire = Wire.To(new NpgsqlConnectionStringBuilder(_database.ConnectionString).Port);
        await using var store = TestStore.Over(wire, _database);
        await using var service = await RunningMailroom.Start(store, _sink.Port, redis.Settings());

        // So that the key is known and the stream has been looked at.
        await redis.Add(TestCommand.Numbered(0));
        var first = await service.Accept(TestMail.To("first@example.test"));
        await _sink.WaitForStalled(2);
        _sink.ReleaseStalled();
        await service.Until(first, "sent");
        await service.UntilTaken(TestCommand.Id(0), "sent");

        wire.HoldAnswers();
        var posting = service.Accept(TestMail.To("lost@example.test"), "lost");
        await Committed(store, wire, "SELECT count(*) FROM deliveries", 3, service);
        var lost = await posting;

        await _sink.WaitForStalled(1);
        wire.HoldAnswers();
        _sink.ReleaseStalled();
        await Committed(store, wire, $"SELECT count(*) FROM deliveries WHERE delivery_id = '{lost}' AND status = 'sent'", 1, service);
        (await store.Rows($"SELECT status FROM attempts WHERE delivery_id = '{lost}'")).ShouldHaveSingleItem().ShouldBe(["provider_accepted"]);

        // A batch of the stream is a transaction of two messages, of which the second has the COMMIT.
        _sink.Faults = LedgerFaults.None;
        wire.HoldAnswersTo("COMMIT");
        await redis.Add(TestCommand.Numbered(1));
        await Committed(store, wire, "SELECT count(*) FROM streams WHERE entries = 2", 1, service);
        await Eventually.True(
            async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == 4, "all mails to be sent", detail: () => service.Log.Tail(20));

        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(4);
        (await store.Count("SELECT count(*) FROM malformed_commands")).ShouldBe(0);
        _sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(["first@example.test", "lost@example.test", TestCommand.Recipient(0), TestCommand.Recipient(1)]);
    }

    /// <summary>Waits until it is in the database, which the service has not heard, and never will.</summary>
    private static async Task Committed(TestStore store, Wire wire, string sql, long wanted, RunningMailroom service)
    {
        await Eventually.True(async () => await store.Count(sql) == wanted, $"{sql} to be {wanted}", detail: () => service.Log.Tail(20));
        wire.Cut();
    }
}
