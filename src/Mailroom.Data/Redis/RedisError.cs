using System.Text;

namespace Mailroom.Data.Redis;

/// <summary>An error as the server sent it.</summary>
/// <param name="Prefix">Its first word: <c>ERR</c>, <c>LOADING</c>, <c>MISCONF</c>, <c>OOM</c>, <c>READONLY</c>, <c>NOAUTH</c>, <c>WRONGPASS</c>, <c>WRONGTYPE</c>, <c>MOVED</c>, <c>BUSY</c> and others; <c>ERR</c> where it has none.</param>
/// <param name="Message">What follows, at most 500 characters, without control characters. May repeat the command's arguments.</param>
public sealed record RedisError(string Prefix, string Message)
{
    private const int LongestMessage = 500;
    private const int LongestPrefix = 32;

    public override string ToString() => $"{Prefix} {Message}";

    internal static RedisError Read(ReadOnlySpan<byte> line)
    {
        var blank = line.IndexOf((byte)' ');
        var word = blank < 0 ? line : line[..blank];
        return IsPrefix(word)
            ? new(Encoding.ASCII.GetString(word), blank < 0 ? "" : Printable(line[(blank + 1)..]))
            : new("ERR", Printable(line));
    }

    private static bool IsPrefix(ReadOnlySpan<byte> word)
    {
        if (word.Length is 0 or > LongestPrefix)
        {
            return false;
        }

        foreach (var octet in word)
        {
            if (octet is not ((>= (byte)'A' and <= (byte)'Z') or (>= (byte)'0' and <= (byte)'9') or (byte)'_'))
            {
                return false;
            }
        }

        return true;
    }

    private static string Printable(ReadOnlySpan<byte> text)
    {
        var characters = Encoding.UTF8.GetString(text.Length <= LongestMessage ? text : text[..LongestMessage]);
        return string.Create(characters.Length, characters, static (target, source) =>
        {
            for (var at = 0; at < target.Length; at++)
            {
                target[at] = char.IsControl(source[at]) ? '?' : source[at];
            }
        });
    }
}
