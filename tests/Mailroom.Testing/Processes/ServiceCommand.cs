namespace Mailroom.Testing;

/// <summary>What starts a service: a program, its arguments and what its environment has besides the test's own.</summary>
/// <param name="FileName">The program's path.</param>
/// <param name="Arguments">Given as they are; no shell is between.</param>
/// <param name="Environment">A value of null takes the variable away.</param>
/// <param name="WorkingDirectory">The test's own when null.</param>
public sealed record ServiceCommand(
    string FileName,
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string?> Environment,
    string? WorkingDirectory = null)
{
    /// <summary>
    /// The host as it was built beside the running test project, which must refer to <c>Mailroom.Host</c>: a real
    /// process of its own, by the program that users start.
    /// </summary>
    /// <exception cref="FileNotFoundException">The test project does not refer to the host.</exception>
    public static ServiceCommand Mailroom(
        IReadOnlyDictionary<string, string?> environment, IEnumerable<string>? arguments = null, string? workingDirectory = null) =>
        Beside("mailroom", "Mailroom.Host", environment, arguments, workingDirectory);

    /// <summary>The same service with a point at which it kills itself, which <c>CRASH_POINT</c> and <c>CRASH_PASSING</c> name.</summary>
    /// <exception cref="FileNotFoundException">The test project does not refer to <c>Mailroom.CrashHost</c>.</exception>
    public static ServiceCommand Crashing(IReadOnlyDictionary<string, string?> environment, IEnumerable<string>? arguments = null) =>
        Beside("mailroom-crash", "Mailroom.CrashHost", environment, arguments, null);

    /// <summary>The same with SIGINT as it is in a terminal: a shell's background jobs and what they start ignore it.</summary>
    public ServiceCommand WithSigint() => this with { FileName = Executable.Find("env"), Arguments = ["--default-signal=INT", FileName, .. Arguments] };

    private static ServiceCommand Beside(
        string name, string project, IReadOnlyDictionary<string, string?> environment, IEnumerable<string>? arguments, string? workingDirectory)
    {
        var program = Path.Combine(AppContext.BaseDirectory, name);
        return File.Exists(program)
            ? new ServiceCommand(program, [.. arguments ?? []], environment, workingDirectory)
            : throw new FileNotFoundException($"{program} is missing. The test project has to refer to {project}.", program);
    }
}
