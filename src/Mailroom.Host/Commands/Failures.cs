using System.Net.Sockets;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Migrations;
using Mailroom.Data.Redis;
using Mailroom.Data.Sqlite;
using Mailroom.Providers.Templates;

namespace Mailroom.Host.Commands;

/// <summary>Runs a command so that what goes wrong outside is one clear line and an exit code, never a stack trace.</summary>
internal static class Failures
{
    public static async Task<int> GuardAsync(Func<Task<int>> command)
    {
        try
        {
            return await command().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Say("Stopped before it had started.", ExitCode.Unavailable);
        }
        catch (StoreUnavailableException why)
        {
            return Say($"The store does not answer: {why.Message}", ExitCode.Unavailable);
        }
        catch (RedisException why)
        {
            return Say($"The Redis of the command streams does not answer: {why.Message}", ExitCode.Unavailable);
        }
        catch (Exception why) when (why is SchemaException or ShardCountException or JoinRefusedException or TemplateCatalogException)
        {
            return Say(why.Message, ExitCode.Configuration);
        }
        catch (Exception why) when (why is StoreInUseException or IOException or UnauthorizedAccessException or SocketException)
        {
            return Say(why.Message, ExitCode.Unavailable);
        }
    }

    private static int Say(string message, int code)
    {
        Console.Error.WriteLine("mailroom: " + message);
        return code;
    }
}
