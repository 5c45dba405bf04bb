using System.Globalization;
using System.Runtime.InteropServices;

namespace Mailroom.CrashHost;

/// <summary>Where this process dies by SIGKILL, and at which passing.</summary>
internal sealed class CrashPoint(string name, int passing)
{
    /// <summary>The point's name, as the tests' <c>Death</c> writes it.</summary>
    private const string PointVariable = "CRASH_POINT";

    /// <summary>Which passing of the point, from 1.</summary>
    private const string PassingVariable = "CRASH_PASSING";

    private const int SigKill = 9;

    private int _passed;

    public string Name => name;

    /// <exception cref="InvalidOperationException">The environment names no point.</exception>
    public static CrashPoint OfEnvironment() => new(
        Environment.GetEnvironmentVariable(PointVariable) ?? throw new InvalidOperationException($"{PointVariable} is not set."),
        int.Parse(Environment.GetEnvironmentVariable(PassingVariable) ?? "1", NumberStyles.None, CultureInfo.InvariantCulture));

    /// <summary>Dies where this is the point and the passing. A process that sends itself SIGKILL does not return from the call.</summary>
    public void Pass(string point)
    {
        if (point == name)
        {
            Count();
        }
    }

    /// <summary>As <see cref="Pass"/>, at the point itself.</summary>
    public void Count()
    {
        if (Interlocked.Increment(ref _passed) == passing)
        {
            _ = Kill(Environment.ProcessId, SigKill);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
