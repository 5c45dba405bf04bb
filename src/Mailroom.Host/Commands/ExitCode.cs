namespace Mailroom.Host.Commands;

/// <summary>What the process tells its caller, by sysexits.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Something was asked for that is not there or not allowed.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>Something that is needed does not answer (EX_UNAVAILABLE).</summary>
    public const int Unavailable = 69;

    /// <summary>A setting, a template or the schema is wrong, or two processes have one place (EX_CONFIG).</summary>
    public const int Configuration = 78;
}
