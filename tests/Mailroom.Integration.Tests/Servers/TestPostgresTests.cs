using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Servers;

public sealed class TestPostgresTests(PostgresDatabase fixture) : IClassFixture<PostgresDatabase>
{
    [Fact]
    public async Task A_database_is_created_empty_and_takes_statements()
    {
        var database = fixture.Database;
        (await database.Scalar<long>("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).ShouldBe(0);

        await database.Execute("CREATE TABLE letter (id int PRIMARY KEY); INSERT INTO letter VALUES (1), (2)");

        (await database.Scalar<long>("SELECT count(*) FROM letter")).ShouldBe(2);
        (await database.Scalar<string>("SELECT current_database()")).ShouldBe(database.Database);
    }

    [Fact]
    public async Task Two_databases_are_strangers()
    {
        await using var one = await TestPostgres.Create();
        await using var other = await TestPostgres.Create();
        await one.Execute("CREATE TABLE letter (id int)");

        (await other.Scalar<bool>("SELECT to_regclass('letter') IS NULL")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_database_is_emptied_for_the_next_while_someone_is_connected()
    {
        await using var database = await TestPostgres.Create();
        await database.Execute(
            $"CREATE SCHEMA mail; CREATE TABLE mail.letter (id int); CREATE TABLE letter (id int); ALTER DATABASE {database.Database} SET lock_timeout = '7s'");
        await using var lingering = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await lingering.OpenAsync();

        await database.Empty();

        (await fixture.Database.Scalar<long>($"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database.Database}'")).ShouldBe(0);
        await using var again = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false }.ConnectionString);
        await again.OpenAsync();
        await using var left = new NpgsqlCommand(
            "SELECT current_setting('lock_timeout') || ' ' || string_agg(nspname, ' ') FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'", again);
        (await left.ExecuteScalarAsync()).ShouldBe("0 public");
    }

    [Fact]
    public async Task The_server_keeps_what_it_committed()
    {
        (await fixture.Database.Scalar<string>("SELECT current_setting('fsync')")).ShouldBe("on");
        (await fixture.Database.Scalar<string>("SELECT current_setting('synchronous_commit')")).ShouldBe("on");
    }
}
