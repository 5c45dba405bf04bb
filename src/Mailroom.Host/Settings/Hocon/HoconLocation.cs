namespace Mailroom.Host.Settings.Hocon;

/// <summary>Where something stands in a file.</summary>
/// <param name="File">The file's name as the operator knows it.</param>
/// <param name="Line">The line, from 1.</param>
public readonly record struct HoconLocation(string File, int Line)
{
    public override string ToString() => $"{File}:{Line}";
}
