namespace Mailroom.Host.Settings.Hocon;

/// <summary>Bounds on what is read, so that a wrong file is refused instead of filling memory or the stack.</summary>
public static class HoconLimits
{
    /// <summary>Size of one file, in bytes.</summary>
    public const int FileBytes = 1 << 20;

    /// <summary>Length of one key as written in one place, in characters.</summary>
    public const int KeyLength = 256;

    /// <summary>Groups inside groups.</summary>
    public const int Depth = 32;

    /// <summary>Files that include files.</summary>
    public const int IncludeDepth = 8;

    /// <summary>Files read for one document, the first one counted.</summary>
    public const int Files = 64;

    /// <summary>Keys and groups of one document, and items of one list.</summary>
    public const int Entries = 10_000;

    /// <summary>Length of one value after substitution, in characters.</summary>
    public const int ValueLength = 1 << 16;
}
