using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.Matrix.SmtpEnding;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>
/// A text that would end its mail early at a server which takes a bare CR or LF for a line end (CVE-2023-51764 and its kin). Only CRLF
/// may leave, and no line of it may be a lone dot.
/// </summary>
internal static class InjectionCases
{
    private static readonly (string Name, string End)[] Ends =
    [
        ("CR", "\r"), ("LF", "\n"), ("LF . LF", "\n.\n"), ("CR . CR", "\r.\r"), ("LF . CRLF", "\n.\r\n"), ("CRLF . CR", "\r\n.\r"),
        ("CRLF . LF", "\r\n.\n"), ("CRLF . CRLF", "\r\n.\r\n"), ("CR . LF", "\r.\n"), ("CR CRLF . CR CRLF", "\r\r\n.\r\r\n"), ("LF CR . LF CR", "\n\r.\n\r"),
    ];

    public static readonly SmtpCase[] All = [.. Ends.Select(end => Smuggles(end.Name, end.End))];

    private static SmtpCase Smuggles(string name, string end) => new("injection", $"is sent a text with {name} before SMTP commands", Accepted, SmtpPhase.FinalDot, SmtpThen.Kept, async server =>
    {
        await SmtpMatrix.EnvelopeAsync(server);
        var message = await server.ReadMessageAsync();
        message.Replace("\r\n", "", StringComparison.Ordinal).ShouldAllBe(octet => octet != '\r' && octet != '\n');
        message.Split("\r\n").ShouldNotContain(".");
        await server.SendAsync("250 2.0.0 taken\r\n");
    }) { Code = 250, Text = $"first{end}MAIL FROM:<evil@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: evil\r\n\r\nevil" };
}
