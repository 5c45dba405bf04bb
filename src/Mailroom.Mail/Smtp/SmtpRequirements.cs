namespace Mailroom.Mail.Smtp;

/// <summary>What a mail needs of a server, held against what the server offers, before MAIL is sent.</summary>
internal static class SmtpRequirements
{
    /// <summary>Why the server cannot take this mail, or null.</summary>
    public static string? Unmet(SmtpSend send, SmtpCapabilities offered)
    {
        var scan = send.Scan;
        if (scan.HasNul)
        {
            return "The message holds a NUL, which SMTP cannot carry (RFC 5321 section 2.3.8). Encode that part as base64.";
        }
        if (offered.MaxSize > 0 && scan.WireSize > offered.MaxSize)
        {
            return $"The message has {scan.WireSize} octets and the server takes at most {offered.MaxSize} (SIZE, RFC 1870).";
        }
        if (scan.HasEightBit && !offered.EightBitMime)
        {
            return "The message has 8-bit octets and the server does not offer 8BITMIME (RFC 6152). Encode the text as quoted-printable or base64.";
        }
        if (NeedsSmtpUtf8(send) && !offered.SmtpUtf8)
        {
            return "An address or a header field is not ASCII and the server does not offer SMTPUTF8 (RFC 6531). Use an ASCII address and encoded words.";
        }
        return null;
    }

    /// <summary>The parameters of MAIL but for SIZE, each with a space in front.</summary>
    public static string MailParameters(SmtpSend send) => (send.Scan.HasEightBit, NeedsSmtpUtf8(send)) switch
    {
        (false, false) => "",
        (true, false) => " BODY=8BITMIME",
        (false, true) => " SMTPUTF8",
        (true, true) => " BODY=8BITMIME SMTPUTF8",
    };

    private static bool NeedsSmtpUtf8(SmtpSend send) =>
        send.Envelope.NeedsSmtpUtf8 || (send.Scan.HasEightBit && MessageScan.HeaderHasEightBit(send.Message.Span));
}
