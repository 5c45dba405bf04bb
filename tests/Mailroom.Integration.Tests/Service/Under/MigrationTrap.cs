using System.Globalization;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>
/// A new PostgreSQL database in which a migration stands still once its n-th statement that changes the schema has run: an event trigger
/// counts them, by a sequence that no rollback sets back, and waits for a lock that the test holds.
/// </summary>
internal sealed class MigrationTrap : IAsyncDisposable
{
    private const long Lock = 4711;

    private readonly TestPostgres _database;
    private readonly TestStore _store;
    private readonly NpgsqlConnection _holder;

    private MigrationTrap(TestPostgres database, TestStore store, NpgsqlConnection holder) => (_database, _store, _holder) = (database, store, holder);

    public IReadOnlyDictionary<string, string?> Environment => MailroomEnvironment.Of(_store, smtpPort: 25);

    public static async Task<MigrationTrap> Set(int statement)
    {
        var database = await TestPostgres.Create();
        await database.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            CREATE SEQUENCE public.trap_passed;
            CREATE FUNCTION public.trap() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('public.trap_passed') = {statement} THEN PERFORM pg_advisory_lock({Lock}); END IF;
            END $$;
            CREATE EVENT TRIGGER trap ON ddl_command_end EXECUTE FUNCTION public.trap();
            """));
        var holder = new NpgsqlConnection(database.ConnectionString);
        await holder.OpenAsync();
        await Run(holder, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_lock({Lock})"));
        return new(database, TestStore.On(database), holder);
    }

    /// <summary>How many statements have changed the schema.</summary>
    public Task<long> Passed() => _database.Scalar<long>("SELECT last_value FROM public.trap_passed");

    /// <summary>Migrates until it stands still, kills it there, and waits until the server has taken its transaction back.</summary>
    public async Task KillThere()
    {
        var command = ServiceCommand.Mailroom(Environment, ["db", "up"]);
        await using var child = ChildProcess.Start(command.FileName, command.Arguments, command.Environment);
        await Eventually.True(
            async () => await _database.Scalar<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'") > 0 || child.HasExited,
            "the migration to come to its statement", detail: () => child.Log.Tail());
        (await child.Kill()).ShouldBe(137, child.Log.Tail());
        await Run(_holder, "DROP EVENT TRIGGER trap");
        await Run(_holder, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_unlock({Lock})"));
        await Eventually.True(
            async () => await _database.Scalar<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'mailroom%'") == 0,
            "the killed process's connection to be gone");
        await ShouldBeAPrefix();
    }

    /// <summary>Tables with their columns, and indexes, constraints and views with their texts.</summary>
    public async Task<IReadOnlyList<string>> Schema() => [.. (await _store.Rows("""
        SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'mail'
        UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'mail'
        UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'mail'::regnamespace
        UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'view ' || viewname || ' ' || definition FROM pg_views WHERE schemaname = 'mail'
        UNION ALL SELECT 'org ' || org_id || ' ' || name FROM orgs
        ORDER BY 1
        """)).Select(row => row[0])];

    public async ValueTask DisposeAsync()
    {
        await _holder.DisposeAsync();
        await _store.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>What is applied is applied whole: the versions from 1 on, and no object of a later one.</summary>
    private async Task ShouldBeAPrefix()
    {
        if (!await _database.Scalar<bool>("SELECT to_regclass('mail.schema_migrations') IS NOT NULL"))
        {
            (await _database.Scalar<long>("SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('mail')")).ShouldBe(0);
            return;
        }

        var versions = await _database.Scalar<long>("SELECT count(*) FROM mail.schema_migrations");
        (await _database.Scalar<bool>("SELECT coalesce(max(version), 0) = count(*) FROM mail.schema_migrations")).ShouldBeTrue();
        foreach (var (name, since) in ((string, int)[])[("deliveries", 1), ("api_keys", 2), ("orgs", 4), ("streams", 5)])
        {
            (await _database.Scalar<bool>($"SELECT to_regclass('mail.{name}') IS NOT NULL")).ShouldBe(versions >= since, name);
        }
    }

    private static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
