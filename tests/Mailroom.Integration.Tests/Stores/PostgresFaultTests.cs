using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>Nodes that stand still in the midst of a transaction, and what PostgreSQL refuses for others' sake.</summary>
public sealed class PostgresFaultTests : StoreTest<PostgresUnderTest>
{
    [Fact]
    [Trait("Requirement", "D18")]
    public async Task A_node_frozen_amid_a_commit_of_several_messages_holds_up_nobody_and_writes_nothing_of_it()
    {
        await using var wire = Wire.To(Database.Port);
        await using var frozen = Database.Open(TimeSpan.FromSeconds(1), port: wire.Port);
        var node = World.On(frozen);
        await node.CommittedAsync(node.Accept("warm"));
        var payload = new byte[33 << 20];
        DeliveryChange[] batch = [.. Enumerable.Range(0, 2).Select(n => node.Accept(World.Command($"big-{n}") with { Payload = payload })), node.Accept("in the second message")];
        Task commit;
        await using (await HoldAsync("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
        {
            commit = node.CommitAsync(batch);
            await WaitingAsync();
            wire.Hold();
        }

        var joined = await Store.Ownership.JoinAsync(new NodeCard("test", ""), TimeSpan.FromMinutes(1), World.Shards, CancellationToken.None);

        joined.Shards.ShouldAllBe(hold => hold.Owner == joined.Self);
        await Should.ThrowAsync<StoreUnavailableException>(commit);
        wire.Cut();
        await node.CommitAsync(batch);
        batch.ShouldAllBe(change => change.Outcome == ChangeOutcome.Fenced);
        (await Database.QueryAsync("SELECT delivery_id FROM deliveries")).ShouldBe(["warm"]);
    }

    [Fact]
    public async Task A_node_frozen_amid_a_migration_holds_up_no_other_start()
    {
        await using var fresh = new PostgresUnderTest();
        await fresh.CreateAsync();
        await using var wire = Wire.To(fresh.Port);
        await using var frozen = fresh.Open(TimeSpan.FromMilliseconds(200), port: wire.Port);
        await using var other = fresh.Open();
        Task migrating;
        await using (await HoldAsync("SELECT pg_advisory_xact_lock(7308324465835401002)"))
        {
            migrating = frozen.Admin.MigrateUpAsync(CancellationToken.None).AsTask();
            await WaitingAsync(fresh);
            wire.Hold();
        }

        var applied = await other.Admin.MigrateUpAsync(CancellationToken.None);

        applied.ShouldBe((await other.Admin.MigrationsAsync(CancellationToken.None)).Select(migration => migration.Version));
        wire.LetPass();
        await Should.ThrowAsync<StoreUnavailableException>(migrating);
        (await frozen.Admin.MigrateUpAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_the_server_makes_transactions_serializable_one_that_fails_is_unavailable_and_works_when_it_is_tried_again()
    {
        await using var strict = Database.Open(TimeSpan.FromSeconds(10), "-c default_transaction_isolation=serializable");
        var node = World.On(strict);
        var claimed = await node.CommittedAsync(node.Accept(World.Command("contended") with { Claim = World.Claim() }));
        var sent = node.Ended(claimed, Histories.Accepted);
        Task commit;
        await using (await HoldAsync("UPDATE deliveries SET updated_at = updated_at", commit: true))
        {
            commit = node.CommitAsync(sent);
            await WaitingAsync();
        }

        (await Should.ThrowAsync<StoreUnavailableException>(commit)).Message.ShouldContain("40001");
        sent.Outcome.ShouldBe(ChangeOutcome.Pending);
        await node.CommittedAsync(sent);
        await World.ShouldBeStoredAsync(sent);
    }

    private Task WaitingAsync() => WaitingAsync(Database);

    private static Task WaitingAsync(PostgresUnderTest database) => Eventually.True(
        async () => (await database.QueryAsync($"SELECT pid FROM pg_stat_activity WHERE application_name = '{database.Schema}' AND wait_event_type = 'Lock'")).Count == 1,
        "a session to wait for a lock");

    /// <summary>A transaction of somebody else that has done one thing and is idle until it is disposed of.</summary>
    private async Task<Held> HoldAsync(string sql, bool commit = false)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Database.ConnectionString) { ApplicationName = "somebody else" }.ConnectionString);
        await connection.OpenAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new(connection, transaction, commit);
    }

    private sealed record Held(NpgsqlConnection Connection, NpgsqlTransaction Transaction, bool Commits) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await (Commits ? Transaction.CommitAsync() : Transaction.RollbackAsync());
            await Connection.DisposeAsync();
        }
    }
}
