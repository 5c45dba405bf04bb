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
