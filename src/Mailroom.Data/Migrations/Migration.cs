using System.Security.Cryptography;
using System.Text;

namespace Mailroom.Data.Migrations;

/// <summary>One numbered step of a store's schema, as it is embedded in this build.</summary>
/// <param name="Version">From 1, without gaps.</param>
/// <param name="Name">The file's name without its number.</param>
/// <param name="Up">What applies it.</param>
/// <param name="Down">What reverts it.</param>
/// <param name="DestructiveDown">Reverting it loses data.</param>
internal sealed record Migration(int Version, string Name, string Up, string Down, bool DestructiveDown)
{
    private const string UpMark = "-- +up\n";
    private const string DownMark = "-- +down\n";
    private const string DestructiveMark = "-- destructive\n";

    /// <summary>SHA-256 of <see cref="Up"/>, by which a file that was changed after it was applied is found.</summary>
    public byte[] Checksum { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Up));

    /// <exception cref="FormatException">The text has not exactly one part up and one part down, in this order.</exception>
    public static Migration Parse(int version, string name, string text)
    {
        var lines = text.ReplaceLineEndings("\n");
        var up = lines.IndexOf(UpMark, StringComparison.Ordinal);
        var down = lines.IndexOf(DownMark, StringComparison.Ordinal);
        if (up != 0 || down < 0 || lines.LastIndexOf(DownMark, StringComparison.Ordinal) != down)
        {
            throw new FormatException($"Migration {version} ({name}) must start with '-- +up' and have one '-- +down'.");
        }

        var revert = lines[(down + DownMark.Length)..];
        return new(version, name, lines[UpMark.Length..down], revert, revert.StartsWith(DestructiveMark, StringComparison.Ordinal));
    }
}
