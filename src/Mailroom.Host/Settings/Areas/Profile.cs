namespace Mailroom.Host.Settings;

/// <summary>The two ways to start.</summary>
public enum Profile
{
    /// <summary>On a developer's machine: needs nothing, sends nothing.</summary>
    Dev,

    Production,
}
