using System.Globalization;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>A start that must not succeed, and whether its port was ever open.</summary>
/// <param name="ExitCode">How it ended.</param>
/// <param name="Lines">What it wrote.</param>
/// <param name="WasOpen">Its public or its internal port accepted a connection meanwhile.</param>
internal sealed record RefusedStart(int ExitCode, IReadOnlyList<string> Lines, bool WasOpen)
{
    /// <summary>A heading, and a line for each problem.</summary>
    private const int MostLines = 4;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>Starts it on ports that are known before, and tries them until it has ended.</summary>
    public static async Task<RefusedStart> Of(IReadOnlyDictionary<string, string?> environment)
    {
        int[] ports = [LoopbackPort.Free(), LoopbackPort.Free()];
        var listening = new Dictionary<string, string?>(environment)
        {
            ["MAILROOM_PUBLIC_HTTP_ADDR"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ports[0]}"),
            ["MAIL_INTERNAL_HTTP_ADDR"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{ports[1]}"),
        };
        return await Watch(listening, ports);
    }

    /// <summary>Starts it with the environment as it is and looks at no port.</summary>
    public static Task<RefusedStart> AsItIs(IReadOnlyDictionary<string, string?> environment) => Watch(environment, []);

    /// <summary>It ended in time with an error, said this in a few lines without a stack trace, and never opened a port.</summary>
    public void ShouldSay(string text)
    {
        var output = string.Join('\n', Lines);
        ExitCode.ShouldNotBe(0, output);
        ExitCode.ShouldBeLessThan(128, output);
        output.ShouldContain(text);
        output.ShouldNotContain("   at ");
        output.ShouldNotContain("Unhandled");
        Lines.Count(IsNoLog).ShouldBeInRange(1, MostLines, output);
        WasOpen.ShouldBeFalse();
    }

    /// <summary>What is not a line of the log, which begins with the year.</summary>
    private static bool IsNoLog(string line) => !line.StartsWith("20", StringComparison.Ordinal);

    private static async Task<RefusedStart> Watch(IReadOnlyDictionary<string, string?> environment, int[] ports)
    {
        var command = ServiceCommand.Mailroom(environment);
        var child = ChildProcess.Start(command.FileName, command.Arguments, command.Environment);
        var wasOpen = false;
        await using (child)
        {
            await Eventually.True(
                async () =>
                {
                    foreach (var port in ports)
                    {
                        wasOpen |= await LoopbackPort.Answers(port);
                    }

                    return child.HasExited;
                },
                "the start to be refused",
                Bound,
                () => child.Log.Tail());
        }

        // Disposed first, so that its last words have been read.
        return new RefusedStart(await child.Exited, child.Log.Lines, wasOpen);
    }
}
