using System.CommandLine;
using Mailroom.Host.Settings;

namespace Mailroom.Host.Commands;

/// <summary>The <c>mailroom</c> command. Without a word it runs the service.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Config = new("--config")
    {
        Description = "A file of settings over the profile's (MAILROOM_CONFIG); see hocon/mailroom.conf for all of them.",
        Recursive = true,
    };

    public static RootCommand Root()
    {
        var root = new RootCommand("Mailroom, a self-hosted mail service.") { Config };
        root.SetAction((line, _) => WithAsync(line, RunCommand.RunAsync));
        var run = new Command("run", "Run the service until it is told to stop (SIGINT, SIGTERM).");
        run.SetAction((line, _) => WithAsync(line, RunCommand.RunAsync));
        root.Add(run);
        root.Add(Database());
        root.Add(Keys());
        root.Add(Nodes());
        return root;
    }

    private static Command Database()
    {
        var status = new Command("status", "Show which migrations are applied.");
        status.SetAction((line, _) => WithAsync(line, (settings, _) => DatabaseCommand.StatusAsync(settings)));
        var up = new Command("up", "Apply what is missing.");
        up.SetAction((line, _) => WithAsync(line, (settings, _) => DatabaseCommand.UpAsync(settings)));
        var yes = new Option<bool>("--yes") { Description = "Also where data is lost by it." };
        var down = new Command("down", "Revert the newest migration. Stop the service first.") { yes };
        down.SetAction((line, _) => WithAsync(line, (settings, _) => DatabaseCommand.DownAsync(settings, line.GetValue(yes))));
        return new Command("db", "Look after the database's schema.") { status, up, down };
    }

    private static Command Nodes()
    {
        var json = new Option<bool>("--json") { Description = "As JSON, with the owner and the epoch of each shard." };
        var nodes = new Command("nodes", "Show the nodes on the database, their leases and their shards.") { json };
        nodes.SetAction((line, _) => WithAsync(line, (settings, _) => NodesCommand.RunAsync(settings, line.GetValue(json))));
        return nodes;
    }

    private static Command Keys()
    {
        var org = new Option<string>("--org") { Description = "Whose key it is.", DefaultValueFactory = _ => Actors.OrgId.Default.Value };
        var name = new Option<string>("--name") { Description = "What it is for.", Required = true };
        var create = new Command("create", "Make an API key and print it, once.") { org, name };
        create.SetAction((line, _) => WithAsync(line, (settings, _) => KeysCommand.CreateAsync(settings, line.GetValue(org)!, line.GetValue(name)!)));
        var list = new Command("list", "Show all keys, without their secrets.");
        list.SetAction((line, _) => WithAsync(line, (settings, _) => KeysCommand.ListAsync(settings)));
        var id = new Argument<string>("id") { Description = "The key's id, as mailroom keys list shows it." };
        var revoke = new Command("revoke", "Make a key worthless.") { id };
        revoke.SetAction((line, _) => WithAsync(line, (settings, _) => KeysCommand.RevokeAsync(settings, line.GetValue(id)!)));
        return new Command("keys", "Look after API keys.") { create, list, revoke };
    }

    /// <summary>Reads the settings, says all that is wrong with them at once, and runs the command under a guard.</summary>
    private static Task<int> WithAsync(ParseResult line, Func<MailroomSettings, IReadOnlyList<SettingsProblem>, Task<int>> command)
    {
        var outcome = SettingsLoader.Load(SettingsSources.OfProcess(line.GetValue(Config)));
        if (outcome.Settings is not { } settings)
        {
            Console.Error.Write(SettingsErrors.Format(outcome.Errors));
            return Task.FromResult(SettingsErrors.ExitCode);
        }

        return Failures.GuardAsync(() => command(settings, outcome.Warnings));
    }
}
