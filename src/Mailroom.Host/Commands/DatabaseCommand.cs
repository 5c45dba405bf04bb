using Mailroom.Actors;
using Mailroom.Host.Running;
using Mailroom.Host.Settings;
using Spectre.Console;

namespace Mailroom.Host.Commands;

/// <summary><c>mailroom db status|up|down</c>.</summary>
internal static class DatabaseCommand
{
    public static Task<int> StatusAsync(MailroomSettings settings) => WithAsync(settings, async admin =>
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("version", column => column.RightAligned()).AddColumn("name").AddColumn("applied");
        foreach (var migration in await admin.MigrationsAsync(CancellationToken.None).ConfigureAwait(false))
        {
            var applied = migration.AppliedAt?.ToString() ?? "pending";
            table.AddRow(
                migration.Version.ToString(System.Globalization.CultureInfo.InvariantCulture), Markup.Escape(migration.Name),
                migration.Known ? applied : applied + " (by a newer build)");
        }

        TableOutput.Write(table);
        return ExitCode.Ok;
    });

    public static Task<int> UpAsync(MailroomSettings settings) => WithAsync(settings, async admin =>
    {
        var applied = await admin.MigrateUpAsync(CancellationToken.None).ConfigureAwait(false);
        Console.WriteLine(applied.Count == 0 ? "Nothing to apply: the schema is up to date." : $"Applied {string.Join(", ", applied)}.");
        return ExitCode.Ok;
    });

    public static Task<int> DownAsync(MailroomSettings settings, bool confirmed) => WithAsync(settings, async admin =>
    {
        var newest = (await admin.MigrationsAsync(CancellationToken.None).ConfigureAwait(false)).LastOrDefault(migration => migration.AppliedAt is not null);
        if (newest is null)
        {
            Console.WriteLine("Nothing to revert: no migration is applied.");
            return ExitCode.Ok;
        }

        if (newest.DestructiveDown && !confirmed)
        {
            Console.Error.WriteLine($"mailroom: reverting {newest.Version} ({newest.Name}) deletes data. Make a backup, then say: mailroom db down --yes");
            return ExitCode.Refused;
        }

        var reverted = await admin.MigrateDownAsync(CancellationToken.None).ConfigureAwait(false);
        Console.WriteLine($"Reverted {reverted}. Start the earlier build, or set MAILROOM_AUTO_MIGRATE=false to keep this one from applying it again.");
        return ExitCode.Ok;
    });

    private static async Task<int> WithAsync(MailroomSettings settings, Func<IStoreAdmin, Task<int>> command)
    {
        var store = Stores.Open(settings, TimeProvider.System);
        await using (store.ConfigureAwait(false))
        {
            return await command(store.Admin).ConfigureAwait(false);
        }
    }
}
