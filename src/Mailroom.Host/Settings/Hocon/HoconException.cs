namespace Mailroom.Host.Settings.Hocon;

/// <summary>A text that the reader refuses. The message is one line: file, line, cause and fix, never a value.</summary>
public sealed class HoconException(HoconLocation at, string cause, string fix)
    : Exception($"{at}: {cause}. {fix}.")
{
    public HoconLocation At { get; } = at;

    public string Cause { get; } = cause;

    public string Fix { get; } = fix;
}
