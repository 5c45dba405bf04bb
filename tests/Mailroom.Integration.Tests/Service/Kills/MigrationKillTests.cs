using System.Globalization;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Kills;

/// <summary>
/// The kill matrix of migrations: the process dies after the n-th statement of a migration from nothing. Every
/// MAILROOM_TEST_MIGRATION_STEP-th statement; 1 is each of them.
/// </summary>
public sealed class MigrationKillTests(ITestOutputHelper output)
{
    private const int UsualStep = 12;

    [Fact]
    public async Task A_SQLite_schema_whose_migration_died_at_any_statement_is_whole_after_the_next_start()
    {
        var step = TestSize.Of("MAILROOM_TEST_MIGRATION_STEP", UsualStep);
        var whole = await Migrated();
        var (died, statement) = (0, 1);
        for (; ; statement += step)
        {
            await using var store = await TestStore.Create(TestStore.Sqlite);
            var environment = MailroomEnvironment.Of(store, smtpPort: 25);
            var killed = await MailroomCommand.RunCrashing(environment, "sqlite *", statement, "db", "up");
            if (killed.ExitCode == 0)
            {
                break;
            }

            killed.ExitCode.ShouldBe(137, killed.Output);
            died++;
            await ShouldBeAPrefix(store);
            (await MailroomCommand.Run(environment, "db", "up")).ExitCode.ShouldBe(0);
            (await Schema(store)).ShouldBe(whole, $"killed at statement {statement}");
        }

        output.WriteLine($"killed at {died} of about {statement} statements");
        died.ShouldBeGreaterThan(100 / step);
    }

    [Fact]
    public async Task A_PostgreSQL_schema_whose_migration_died_at_any_statement_is_whole_after_the_next_start()
    {
        var step = TestSize.Of("MAILROOM_TEST_MIGRATION_STEP", UsualStep);
        await using var undisturbed = await MigrationTrap.Set(int.MaxValue);
        (await MailroomCommand.Run(undisturbed.Environment, "db", "up")).ExitCode.ShouldBe(0);
        var statements = await undisturbed.Passed();
        var whole = await undisturbed.Schema();
        statements.ShouldBeGreaterThan(50);
        for (var statement = 1; statement <= statements; statement += step)
        {
            await using var trap = await MigrationTrap.Set(statement);
            await trap.KillThere();
            (await MailroomCommand.Run(trap.Environment, "db", "up")).ExitCode.ShouldBe(0);
            (await trap.Schema()).ShouldBe(whole, $"killed at statement {statement}");
        }

        output.WriteLine($"killed at every {step}-th of {statements} statements");
    }

    /// <summary>What is applied is applied whole: the versions from 1 on, and no object of a later one.</summary>
    private static async Task ShouldBeAPrefix(TestStore store)
    {
        if (await store.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'") == 0)
        {
            (await Schema(store)).ShouldBeEmpty();
            return;
        }

        var versions = (await store.Rows("SELECT version FROM schema_migrations ORDER BY version")).Select(row => int.Parse(row[0], CultureInfo.InvariantCulture)).ToList();
        versions.ShouldBe(Enumerable.Range(1, versions.Count));
        (await store.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'deliveries'")).ShouldBe(versions.Count >= 1 ? 1 : 0);
        (await store.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'api_keys'")).ShouldBe(versions.Count >= 2 ? 1 : 0);
        (await store.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'idempotency_by_expiry'")).ShouldBe(versions.Count >= 4 ? 1 : 0);
        (await store.Count("SELECT count(*) FROM sqlite_schema WHERE name = 'streams'")).ShouldBe(versions.Count >= 5 ? 1 : 0);
    }

    private static async Task<IReadOnlyList<string>> Migrated()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        (await MailroomCommand.Run(MailroomEnvironment.Of(store, smtpPort: 25), "db", "up")).ExitCode.ShouldBe(0);
        return await Schema(store);
    }

    private static async Task<IReadOnlyList<string>> Schema(TestStore store) =>
        [.. (await store.Rows("SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name")).Select(row => string.Join(' ', row))];
}
