namespace Mailroom.Testing;

/// <summary>How a process shows that it is ready for work.</summary>
public abstract class Readiness
{
    private Readiness()
    {
    }

    /// <summary>It writes a line that fits.</summary>
    public static Readiness Line(Func<string, bool> wanted) => new WritesLine(wanted);

    /// <summary>It accepts connections on a port of 127.0.0.1.</summary>
    public static Readiness Port(int port) => new Accepts(port);

    /// <summary>It ends by itself or is ready, whichever is first.</summary>
    internal abstract Task Reached(ChildProcess process, Deadline deadline);

    private sealed class WritesLine(Func<string, bool> wanted) : Readiness
    {
        internal override Task Reached(ChildProcess process, Deadline deadline) =>
            deadline.Wait(
                Task.WhenAny(process.Exited, process.Log.Line(wanted)), $"process {process.Id} to write that it is ready", () => process.Log.Tail());
    }

    private sealed class Accepts(int port) : Readiness
    {
        internal override Task Reached(ChildProcess process, Deadline deadline) =>
            Eventually.True(
                async () => process.HasExited || await LoopbackPort.Answers(port).ConfigureAwait(false),
                $"process {process.Id} to listen on port {port}",
                deadline.Remaining,
                () => process.Log.Tail());
    }
}
