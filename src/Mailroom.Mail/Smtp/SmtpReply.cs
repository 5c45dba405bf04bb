using System.Globalization;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>A server's reply (RFC 5321 section 4.2), immutable.</summary>
public sealed class SmtpReply
{
    /// <summary>The most characters of a reply's text that are kept.</summary>
    public const int MaxTextLength = 4096;

    public SmtpReply(int code, string text)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(code, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, 599);
        Code = code;
        Text = text;
        EnhancedCode = EnhancedStatusCode.TryParse(text, code, out var enhanced) ? enhanced : null;
    }

    /// <summary>200 to 599.</summary>
    public int Code { get; }

    /// <summary>The enhanced code at the start of the text; null where the server sent none.</summary>
    public EnhancedStatusCode? EnhancedCode { get; }

    /// <summary>
    /// The text without the codes in front of each line; lines are joined with \n. Control characters are replaced and
    /// bytes that are not UTF-8 become U+FFFD. At most <see cref="MaxTextLength"/> characters; a longer one ends with "…".
    /// </summary>
    public string Text { get; }

    public bool IsPositive => Code < 300;
    public bool IsIntermediate => Code is >= 300 and < 400;
    public bool IsTransient => Code is >= 400 and < 500;
    public bool IsPermanent => Code >= 500;

    /// <summary>The server is closing the connection (RFC 5321 section 3.8), whatever was asked.</summary>
    public bool IsClosing => Code == 421;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Code} {Text.Replace("\n", " / ", StringComparison.Ordinal)}");

    /// <summary>Reads a whole reply that <see cref="ReplyScanner"/> found well formed.</summary>
    internal static SmtpReply FromWire(ReadOnlySpan<byte> reply)
    {
        var code = (reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0');
        var firstEnd = reply.IndexOf((byte)'\n');
        if (firstEnd == reply.Length - 1)
        {
            return new SmtpReply(code, Presentable(Encoding.UTF8.GetString(TextOf(reply[..firstEnd]))));
        }
        var text = new StringBuilder();
        while (!reply.IsEmpty && text.Length <= MaxTextLength)
        {
            var end = reply.IndexOf((byte)'\n');
            text.Append(text.Length == 0 ? "" : "\n").Append(Encoding.UTF8.GetString(TextOf(reply[..end])));
            reply = reply[(end + 1)..];
        }
        return new SmtpReply(code, Presentable(text.ToString()));
    }

    private static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd((byte)'\r');
        return line.Length <= 4 ? [] : line[4..];
    }

    private static string Presentable(string text)
    {
        if (text.Length > MaxTextLength)
        {
            text = string.Concat(SmtpSyntax.Start(text, MaxTextLength - 1), "…");
        }
        return text.AsSpan().ContainsAnyInRange('\0', '\t') || text.AsSpan().ContainsAnyInRange('\v', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f')
            ? string.Create(text.Length, text, static (shown, from) =>
            {
                for (var i = 0; i < from.Length; i++)
                {
                    shown[i] = from[i] == '\t' ? ' ' : char.IsControl(from[i]) && from[i] != '\n' ? '\uFFFD' : from[i];
                }
            })
            : text;
    }
}
