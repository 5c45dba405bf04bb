using System.Security.Cryptography;
using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresAdminTests : AdminConformance<PostgresUnderTest>;

public sealed class SqliteAdminTests : AdminConformance<SqliteUnderTest>;

/// <summary>Migrations, ownership, keys, health.</summary>
public abstract class AdminConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    [Fact]
    public async Task A_fresh_store_has_every_migration_once()
    {
        var status = await Store.Admin.MigrationsAsync(CancellationToken.None);
        status.Select(migration => migration.Version).ShouldBe(Enumerable.Range(1, status.Count));
        status.ShouldAllBe(migration => migration.Known && migration.AppliedAt != null);
        (await Store.Admin.MigrateUpAsync(CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_without_a_ledger_has_everything_pending()
    {
        await using var empty = new TStore();
        await empty.CreateAsync();
        await using var store = empty.Open();
        var status = await store.Admin.MigrationsAsync(CancellationToken.None);
        status.Count.ShouldBeGreaterThan(0);
        status.ShouldAllBe(migration => migration.AppliedAt == null);
        (await store.Admin.MigrateDownAsync(CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Down_reverts_one_and_up_brings_it_back_with_the_deliveries_kept()
    {
        var kept = await World.CommittedAsync(World.Accept("kept"));
        var newest = (await Store.Admin.MigrationsAsync(CancellationToken.None))[^1];

        (await Store.Admin.MigrateDownAsync(CancellationToken.None)).ShouldBe(newest.Version);
        (await Store.Admin.MigrationsAsync(CancellationToken.None)).Count(migration => migration.AppliedAt is null).ShouldBe(1);
        (await Store.Admin.MigrateUpAsync(CancellationToken.None)).ShouldBe([newest.Version]);
        await World.ShouldBeStoredAsync(kept);
    }

    [Fact]
    public async Task All_the_way_down_and_up_again_works()
    {
        var count = (await Store.Admin.MigrationsAsync(CancellationToken.None)).Count;
        for (var version = count; version > 0; version--)
        {
            (await Store.Admin.MigrateDownAsync(CancellationToken.None)).ShouldBe(version);
        }

        (await Store.Admin.MigrateDownAsync(CancellationToken.None)).ShouldBeNull();
        (await Store.Admin.MigrateUpAsync(CancellationToken.None)).ShouldBe(Enumerable.Range(1, count));
        await (await World.JoinAsync(Store)).CommittedAsync(World.Accept("again"));
    }

    [Fact]
    public async Task Operators_queries_for_migrations_work_as_printed()
    {
        var versions = (await Store.Admin.MigrationsAsync(CancellationToken.None)).Select(migration => $"{migration.Version}").ToArray();
        (await Database.QueryAsync("SELECT * FROM goose_db_version ORDER BY id DESC LIMIT 5;")).ShouldBe(versions.Reverse().Take(5));
        (await Database.QueryAsync("SELECT * FROM _sqlx_migrations ORDER BY version;")).ShouldBe(versions);
        (await Database.QueryAsync("SELECT count(*) FROM _sqlx_migrations WHERE success AND installed_on IS NOT NULL")).ShouldBe([$"{versions.Length}"]);
        (await Database.QueryAsync("SELECT count(*) FROM goose_db_version WHERE is_applied AND version_id = id AND tstamp IS NOT NULL")).ShouldBe([$"{versions.Length}"]);
    }

    [Fact]
    public async Task A_store_of_a_newer_build_is_left_alone_with_a_clear_error()
    {
        await Database.ExecuteAsync("""
            INSERT INTO schema_migrations (version, name, applied_at, checksum, execution_time)
            SELECT 900, 'from_the_future', applied_at, checksum, 0 FROM schema_migrations WHERE version = 1
            """);
        (await Should.ThrowAsync<SchemaException>(async () => await Store.Admin.MigrateUpAsync(CancellationToken.None))).Message.ShouldContain("from_the_future");
        await Should.ThrowAsync<SchemaException>(async () => await Store.Admin.MigrateDownAsync(CancellationToken.None));
        (await Store.Admin.MigrationsAsync(CancellationToken.None)).Single(migration => !migration.Known).Version.ShouldBe(900);
    }

    [Fact]
    public async Task A_migration_that_is_not_the_one_applied_is_refused_by_name()
    {
        await Database.ExecuteAsync("UPDATE schema_migrations SET checksum = (SELECT checksum FROM schema_migrations WHERE version = 1) WHERE version = 2");
        (await Should.ThrowAsync<SchemaException>(async () => await Store.Admin.MigrateUpAsync(CancellationToken.None))).Message.ShouldContain("api_keys");
    }

    [Fact]
    public async Task Each_join_is_a_new_incarnation_under_new_epochs()
    {
        var again = await Store.Ownership.JoinAsync(new NodeCard("test", ""), TimeSpan.FromMinutes(1), World.Shards, CancellationToken.None);
        again.Self.ShouldBeGreaterThan(World.Node.Self);
        again.Shards.ShouldBe(World.Node.Shards.Select(shard => new ShardHold(again.Self, shard.Epoch + 1)));
        (await Database.QueryAsync("SELECT count(*) FROM nodes")).ShouldBe(["2"]);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public async Task The_number_of_shards_is_fixed_at_first_use(int shards)
    {
        var refused = await Should.ThrowAsync<ShardCountException>(async () => await Store.Ownership.JoinAsync(new NodeCard("test", ""), TimeSpan.FromMinutes(1), shards, CancellationToken.None));
        refused.Message.ShouldContain($"{World.Shards} shards");
        (await Database.QueryAsync("SELECT count(*) FROM nodes")).ShouldBe(["1"]);
        await World.CommittedAsync(World.Accept("still-owner"));
    }

    [Fact]
    public async Task Nodes_that_join_at_once_get_different_incarnations_and_epochs()
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Store.Ownership.JoinAsync(new NodeCard($"node-{n}", ""), TimeSpan.FromMinutes(1), World.Shards, CancellationToken.None).AsTask()));
        nodes.Select(node => node.Self).ShouldBeUnique();
        nodes.Select(node => node.Shards[0].Epoch).ShouldBeUnique();
        nodes.OrderBy(node => node.Self).Select(node => node.Shards[0].Epoch).ShouldBeInOrder();
    }

    [Fact]
    public async Task Keys_are_added_found_listed_touched_and_revoked()
    {
        var key = Key("key_1", "org_a", "first");
        var other = Key("key_2", "org_b", "second");
        await Store.ApiKeys.AddAsync(key, CancellationToken.None);
        await Store.ApiKeys.AddAsync(other, CancellationToken.None);

        Same((await Store.ApiKeys.FindAsync(key.Hash, CancellationToken.None))!, key);
        (await Store.ApiKeys.FindAsync(SHA256.HashData("no such key"u8), CancellationToken.None)).ShouldBeNull();
        (await Store.ApiKeys.ListAsync(null, CancellationToken.None)).Select(listed => listed.Id).ShouldBe(["key_1", "key_2"]);
        (await Store.ApiKeys.ListAsync(new("org_b"), CancellationToken.None)).Select(listed => listed.Id).ShouldBe(["key_2"]);

        var used = World.Now + TimeSpan.FromHours(1);
        await Store.ApiKeys.TouchAsync(new Dictionary<string, Instant> { ["key_1"] = used, ["no_such"] = used }, CancellationToken.None);
        await Store.ApiKeys.TouchAsync(new Dictionary<string, Instant> { ["key_1"] = World.Now }, CancellationToken.None);
        await Store.ApiKeys.TouchAsync(new Dictionary<string, Instant>(), CancellationToken.None);
        (await Store.ApiKeys.FindAsync(key.Hash, CancellationToken.None))!.LastUsedAt.ShouldBe(used);

        (await Store.ApiKeys.RevokeAsync("key_1", used, CancellationToken.None)).ShouldBeTrue();
        (await Store.ApiKeys.RevokeAsync("key_1", World.Now, CancellationToken.None)).ShouldBeFalse();
        (await Store.ApiKeys.RevokeAsync("no_such", used, CancellationToken.None)).ShouldBeFalse();
        (await Store.ApiKeys.FindAsync(key.Hash, CancellationToken.None))!.RevokedAt.ShouldBe(used);
    }

    [Fact]
    public async Task A_store_that_answers_is_healthy() => (await Store.Admin.IsHealthyAsync(CancellationToken.None)).ShouldBeTrue();

    private ApiKey Key(string id, string org, string name) => new(
        id, new(org), name, "mr_test_abcd", SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)), World.Now, null, null);

    private static void Same(ApiKey stored, ApiKey key)
    {
        stored.Hash.ShouldBe(key.Hash);
        (stored with { Hash = key.Hash }).ShouldBe(key);
    }
}
