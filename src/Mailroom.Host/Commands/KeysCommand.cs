using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Auth;
using Mailroom.Data;
using Mailroom.Host.Running;
using Mailroom.Host.Settings;
using Spectre.Console;

namespace Mailroom.Host.Commands;

/// <summary><c>mailroom keys create|list|revoke</c>.</summary>
internal static class KeysCommand
{
    public static Task<int> CreateAsync(MailroomSettings settings, string org, string name) => WithAsync(settings, async store =>
    {
        if (!OrgId.TryParse(org, out var id) || name.Length is 0 or > 100 || name.Any(char.IsControl))
        {
            Console.Error.WriteLine("mailroom: --org takes 1 to 128 letters, digits, '.', '_' or '-'; --name takes 1 to 100 characters.");
            return ExitCode.Usage;
        }

        if (id == OrgId.All || await store.Orgs.FindAsync(id, CancellationToken.None).ConfigureAwait(false) is null)
        {
            Console.Error.WriteLine($"mailroom: there is no org {id}: make it first, by POST /api/v1/internal/orgs on the internal listener.");
            return ExitCode.Refused;
        }

        var key = NewApiKey.Draw(settings.Profile == Settings.Profile.Dev ? NewApiKey.TestPrefix : NewApiKey.LivePrefix);
        await store.ApiKeys.AddAsync(NewApiKey.Stored(key, id, name, TimeProvider.System), CancellationToken.None).ConfigureAwait(false);
        Console.WriteLine(key);
        Console.Error.WriteLine("This is the only time that the key is shown.");
        return ExitCode.Ok;
    });

    public static Task<int> ListAsync(MailroomSettings settings) => WithAsync(settings, async store =>
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("id", "org", "name", "key", "created", "last used", "revoked");
        foreach (var key in await store.ApiKeys.ListAsync(null, CancellationToken.None).ConfigureAwait(false))
        {
            table.AddRow(
                Markup.Escape(key.Id), Markup.Escape(key.Org.Value), Markup.Escape(key.Name), Markup.Escape(key.Prefix + "…"), key.CreatedAt.ToString(),
                key.LastUsedAt?.ToString() ?? "never", key.RevokedAt?.ToString() ?? "");
        }

        TableOutput.Write(table);
        return ExitCode.Ok;
    });

    public static Task<int> RevokeAsync(MailroomSettings settings, string id) => WithAsync(settings, async store =>
    {
        if (await store.ApiKeys.RevokeAsync(id, TimeProvider.System.Now(), CancellationToken.None).ConfigureAwait(false))
        {
            Console.WriteLine($"Revoked {id}. It stops working within seconds.");
            return ExitCode.Ok;
        }

        Console.Error.WriteLine($"mailroom: there is no key {id} that could be revoked: see mailroom keys list.");
        return ExitCode.Refused;
    });

    private static async Task<int> WithAsync(MailroomSettings settings, Func<IMailroomStore, Task<int>> command)
    {
        var store = Stores.Open(settings, TimeProvider.System);
        await using (store.ConfigureAwait(false))
        {
            await store.Admin.MigrateUpAsync(CancellationToken.None).ConfigureAwait(false);
            return await command(store).ConfigureAwait(false);
        }
    }
}
