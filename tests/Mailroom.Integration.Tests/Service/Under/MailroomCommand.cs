using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>A <c>mailroom</c> command run to its end as a process of its own.</summary>
internal static class MailroomCommand
{
    /// <summary>What came of it. The lines of its output and of its errors are in no order among each other.</summary>
    internal sealed record Ended(int ExitCode, IReadOnlyList<string> Lines)
    {
        public string Output => string.Join('\n', Lines);
    }

    public static Task<Ended> Run(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        Run(ServiceCommand.Mailroom(environment, arguments));

    /// <summary>Runs it with a point at which it kills itself: see <c>Mailroom.CrashHost</c>.</summary>
    public static Task<Ended> RunCrashing(IReadOnlyDictionary<string, string?> environment, string point, int passing, params string[] arguments)
    {
        var variables = new Dictionary<string, string?>(environment);
        foreach (var (name, value) in Deaths.Variables(point, passing))
        {
            variables[name] = value;
        }

        return Run(ServiceCommand.Crashing(variables, arguments));
    }

    private static async Task<Ended> Run(ServiceCommand command)
    {
        var child = ChildProcess.Start(command.FileName, command.Arguments, command.Environment);
        int code;
        await using (child)
        {
            code = await Deadline.In().Wait(child.Exited, $"mailroom {string.Join(' ', command.Arguments)} to end", () => child.Log.Tail());
        }

        // Disposed first, so that its last words have been read.
        return new Ended(code, child.Log.Lines);
    }

    /// <summary>A new API key.</summary>
    public static async Task<string> NewKey(IReadOnlyDictionary<string, string?> environment)
    {
        var ended = await Run(environment, "keys", "create", "--name", "test");
        ended.ExitCode.ShouldBe(0, ended.Output);
        return ended.Lines.Single(line => line.StartsWith("mr_", StringComparison.Ordinal));
    }
}
