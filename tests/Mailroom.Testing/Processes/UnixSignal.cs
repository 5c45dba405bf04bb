using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Mailroom.Testing;

/// <summary>The signals that tests send, by their numbers on Linux.</summary>
public enum UnixSignal
{
    /// <summary>SIGINT.</summary>
    Interrupt = 2,

    /// <summary>SIGKILL: the process ends at once and can do nothing about it.</summary>
    Kill = 9,

    /// <summary>SIGTERM: the usual request to end in order.</summary>
    Terminate = 15,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP: the process stands still until <see cref="Continue"/>.</summary>
    Stop = 19,
}

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
