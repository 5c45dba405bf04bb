using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Mailroom.Testing;

/// <summary>The calls of the operating system that .NET does not offer.</summary>
internal static class Unix
{
    /// <exception cref="Win32Exception">There is no such process, or it is another user's.</exception>
    public static void Send(int pid, UnixSignal signal)
    {
        // kill(2) gives 0 and negative numbers to whole groups of processes.
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(pid, 1);
        if (Kill(pid, (int)signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"Could not send {signal} to process {pid}.");
        }
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    public static extern uint EffectiveUserId();

    [DllImport("libc", EntryPoint = "getegid")]
    public static extern uint EffectiveGroupId();

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int Kill(int pid, int signal);
}
