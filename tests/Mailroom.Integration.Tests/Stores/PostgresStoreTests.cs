using Mailroom.Actors.Kernel;
using Mailroom.Data.Postgres;
using Npgsql;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>What only a server can do.</summary>
public sealed class PostgresStoreTests : StoreTest<PostgresUnderTest>
{
    [Fact]
    public async Task A_server_that_drops_its_sessions_is_unavailable_once_and_then_works()
    {
        var before = await World.CommittedAsync(World.Accept("before"));
        await Database.TerminateSessionsAsync();

        var change = World.Accept("after");
        await Should.ThrowAsync<StoreUnavailableException>(() => World.CommitAsync(change));
        change.Outcome.ShouldBe(ChangeOutcome.Pending);

        await World.CommittedAsync(change);
        await World.ShouldBeStoredAsync(before);
    }

    [Fact]
    public async Task Dropped_sessions_of_the_read_pool_are_replaced()
    {
        await World.CommittedAsync(World.Accept("read"));
        await World.ShouldBeReadableAsync("read");
        await Database.TerminateSessionsAsync();

        // Whether the first read meets a dead session is the pool's affair; it may not fail in any other way.
        if (await Record.ExceptionAsync(() => World.ShouldBeReadableAsync("read")) is { } failure)
        {
            failure.ShouldBeOfType<StoreUnavailableException>();
        }

        await World.ShouldBeReadableAsync("read");
        (await Store.Admin.IsHealthyAsync(CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable_and_the_password_is_not_told()
    {
        await using var nowhere = PostgresStore.Open(
            new("Host=127.0.0.1;Port=1;Username=mailroom;Password=geheim;Database=mail", TimeSpan.FromSeconds(1), 4, 1, TimeSpan.Zero), TimeProvider.System);
        (await nowhere.Admin.IsHealthyAsync(CancellationToken.None)).ShouldBeFalse();
        var failure = await Should.ThrowAsync<StoreUnavailableException>(async () => await nowhere.Commits.CommitAsync([World.Accept("x")], CancellationToken.None));
        failure.ToString().ShouldNotContain("geheim");
    }

    [Fact]
    public async Task A_commit_behind_a_lock_is_given_up_in_time_and_works_when_the_lock_is_gone()
    {
        await using var impatient = Database.Open(TimeSpan.FromMilliseconds(500));
        var world = World.On(impatient);
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        var change = World.Accept("locked");
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE", connection, transaction);
            await hold.ExecuteNonQueryAsync();
            await Should.ThrowAsync<StoreUnavailableException>(() => world.CommitAsync(change));
            await Should.ThrowAsync<StoreUnavailableException>(async () => await impatient.Deliveries.FindAsync(null, new("locked"), CancellationToken.None));
            await transaction.RollbackAsync();
        }

        await world.CommittedAsync(change);
    }

    [Fact]
    public async Task A_server_that_became_read_only_poisons_nothing()
    {
        await using var standby = Database.Open(TimeSpan.FromSeconds(10), "-c default_transaction_read_only=on");
        var failure = await Should.ThrowAsync<StoreUnavailableException>(() => World.On(standby).CommitAsync(World.Accept("read-only")));
        failure.Message.ShouldContain("25006");
    }

    [Fact]
    public async Task Two_nodes_that_migrate_at_once_apply_each_migration_once()
    {
        await using var fresh = new PostgresUnderTest();
        await fresh.CreateAsync();
        await using var one = fresh.Open();
        await using var two = fresh.Open();
        var applied = await Task.WhenAll(
            one.Admin.MigrateUpAsync(CancellationToken.None).AsTask(), two.Admin.MigrateUpAsync(CancellationToken.None).AsTask());
        applied.SelectMany(versions => versions).Order().ShouldBe((await one.Admin.MigrationsAsync(CancellationToken.None)).Select(migration => migration.Version));
    }

    [Fact]
    public async Task A_transaction_too_big_for_one_message_is_still_one()
    {
        var payload = new byte[40 << 20];
        var batch = Enumerable.Range(0, 3).Select(n => World.Accept(World.Command($"big-{n}") with { Payload = payload })).ToArray();
        await World.CommitAsync(batch);
        batch.ShouldAllBe(change => change.Outcome == ChangeOutcome.Committed);
        (await Database.QueryAsync("SELECT count(DISTINCT xmin::text) FROM deliveries")).ShouldBe(["1"]);
        (await Database.QueryAsync("SELECT sum(length(content)) FROM delivery_payloads")).ShouldBe([$"{3L * payload.Length}"]);
    }

    [Theory]
    [InlineData("", "mail")]
    [InlineData("letters,public", "letters")]
    [Trait("Requirement", "C02")]
    public async Task The_schema_is_mail_unless_a_search_path_says_otherwise(string searchPath, string schema)
    {
        var database = $"{Database.Schema}_db";
        await Database.ExecuteAsync($"CREATE DATABASE {database}");
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Database = database, SearchPath = searchPath }.ConnectionString;
            await using (var store = PostgresStore.Open(new(connection, TimeSpan.FromSeconds(10), 4, 0, TimeSpan.Zero), TimeProvider.System))
            {
                await store.Admin.MigrateUpAsync(CancellationToken.None);
            }

            await using var beside = new NpgsqlConnection(connection);
            await beside.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT array_agg(tablename::text) FROM pg_tables WHERE schemaname = $1", beside) { Parameters = { new() { Value = schema } } };
            string[] operatorsKnow = ["deliveries", "attempts", "dead_letters", "delivery_payloads", "delivery_recipients", "idempotency", "malformed_commands", "orgs"];
            ((string[])(await command.ExecuteScalarAsync())!).Intersect(operatorsKnow).ShouldBe(operatorsKnow, ignoreOrder: true);
        }
        finally
        {
            await Database.ExecuteAsync($"DROP DATABASE {database} WITH (FORCE)");
        }
    }

    [Fact]
    public async Task A_role_that_was_given_the_schema_needs_no_right_to_make_one()
    {
        var role = $"mailservice_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'secret'; CREATE SCHEMA {role} AUTHORIZATION {role}");
        try
        {
            await using var store = PostgresStore.Open(
                new(
                    new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = role, Password = "secret", SearchPath = role }.ConnectionString,
                    TimeSpan.FromSeconds(10), 4, 0, TimeSpan.Zero),
                TimeProvider.System);
            (await store.Admin.MigrateUpAsync(CancellationToken.None)).ShouldNotBeEmpty();
            var world = await World.JoinAsync(store);
            await world.CommittedAsync(world.Accept("as-a-plain-role"));
        }
        finally
        {
            await Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Theory]
    [InlineData("EXPLAIN SELECT next_attempt_at, delivery_id FROM deliveries WHERE next_attempt_at IS NOT NULL AND next_attempt_at <= now() ORDER BY next_attempt_at, delivery_id LIMIT 10", "deliveries_due")]
    [InlineData("EXPLAIN SELECT delivery_id FROM deliveries WHERE status = 'sending' AND claim_incarnation <> 1 AND delivery_id > '' ORDER BY delivery_id LIMIT 10", "deliveries_by_status")]
    [Trait("Requirement", "C26")]
    public async Task Scans_are_served_by_an_index(string explain, string index)
    {
        await Database.ExecuteAsync("""
            INSERT INTO deliveries (delivery_id, org_id, source, status, version, shard, created_at, updated_at, next_attempt_at, on_uncertain, accept_token, recipient_count)
            SELECT 'row-' || n, CASE WHEN n % 50 = 0 THEN 'org_default' ELSE 'org_' || n % 97 END, 'api', CASE WHEN n % 500 = 0 THEN 'queued' ELSE 'sent' END, 1, n % 8,
                now() - n * interval '1 second', now(), CASE WHEN n % 500 = 0 THEN now() END, 'retry', 1, 1
            FROM generate_series(1, 20000) AS n
            """);
        await Database.ExecuteAsync("ANALYZE deliveries");
        string.Join('\n', await Database.QueryAsync(explain)).ShouldContain(index);
    }

    [Theory]
    [InlineData(1, 0, 1000)]
    [InlineData(4, 5, 1000)]
    [InlineData(4, 1, 1)]
    public void Options_out_of_range_are_refused(int maxOpen, int maxIdle, int milliseconds) => Should.Throw<ArgumentException>(
        () => PostgresStore.Open(new("Host=127.0.0.1", TimeSpan.FromMilliseconds(milliseconds), maxOpen, maxIdle, TimeSpan.Zero), TimeProvider.System));
}
