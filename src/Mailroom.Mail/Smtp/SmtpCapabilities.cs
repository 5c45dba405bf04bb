using System.Buffers.Text;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>The mechanisms that this client speaks.</summary>
[Flags]
internal enum SmtpAuthMechanisms
{
    None = 0,
    Plain = 1,
    Login = 2,
    CramMd5 = 4,
    XOAuth2 = 8,
}

/// <summary>What a server said it can do, by its last reply to EHLO. A server that only knows HELO can nothing.</summary>
internal sealed class SmtpCapabilities
{
    public static SmtpCapabilities None { get; } = new();

    public bool StartTls { get; private set; }
    public bool Pipelining { get; private set; }
    public bool EightBitMime { get; private set; }
    public bool SmtpUtf8 { get; private set; }
    public bool Size { get; private set; }

    /// <summary>The largest message in octets; 0: the server names no limit (RFC 1870 section 4).</summary>
    public long MaxSize { get; private set; }
    public SmtpAuthMechanisms Auth { get; private set; }

    /// <summary>The mechanisms as the server names them, for messages; at most 256 characters.</summary>
    public string AuthText { get; private set; } = "";

    /// <summary>Reads the lines after the first of a whole, well formed reply. What is not known is passed over (RFC 5321 section 4.1.1.1).</summary>
    public static SmtpCapabilities Parse(ReadOnlySpan<byte> reply)
    {
        var found = new SmtpCapabilities();
        var first = true;
        foreach (var range in reply.Split((byte)'\n'))
        {
            var line = reply[range].TrimEnd("\r \t"u8);
            if (!first && line.Length > 4)
            {
                found.Take(line[4..]);
            }
            first = false;
        }
        return found;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        // "AUTH=LOGIN" is how servers spoke to the clients of the time before RFC 2554.
        var end = line.IndexOfAny((byte)' ', (byte)'=');
        var keyword = end < 0 ? line : line[..end];
        var parameters = end < 0 ? [] : line[(end + 1)..].Trim((byte)' ');
        if (Is(keyword, "PIPELINING"u8))
        {
            Pipelining = true;
        }
        else if (Is(keyword, "STARTTLS"u8))
        {
            StartTls = true;
        }
        else if (Is(keyword, "8BITMIME"u8))
        {
            EightBitMime = true;
        }
        else if (Is(keyword, "SMTPUTF8"u8))
        {
            SmtpUtf8 = true;
        }
        else if (Is(keyword, "SIZE"u8))
        {
            Size = true;
            MaxSize = Utf8Parser.TryParse(parameters, out long octets, out var used) && used == parameters.Length && octets > 0 ? octets : 0;
        }
        else if (Is(keyword, "AUTH"u8))
        {
            TakeAuth(parameters);
        }
    }

    private void TakeAuth(ReadOnlySpan<byte> parameters)
    {
        foreach (var range in parameters.Split((byte)' '))
        {
            var mechanism = parameters[range];
            Auth |= Is(mechanism, "PLAIN"u8) ? SmtpAuthMechanisms.Plain
                : Is(mechanism, "LOGIN"u8) ? SmtpAuthMechanisms.Login
                : Is(mechanism, "CRAM-MD5"u8) ? SmtpAuthMechanisms.CramMd5
                : Is(mechanism, "XOAUTH2"u8) ? SmtpAuthMechanisms.XOAuth2
                : SmtpAuthMechanisms.None;
        }
        AuthText = Encoding.ASCII.GetString(parameters[..Math.Min(parameters.Length, 256)]);
    }

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> keyword) => Ascii.EqualsIgnoreCase(word, keyword);
}
