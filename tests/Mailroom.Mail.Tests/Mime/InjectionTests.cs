using System.Text;
using System.Text.RegularExpressions;
using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

public sealed partial class InjectionTests
{
    private static readonly Dictionary<string, Func<string, OutgoingMail>> s_fields = new()
    {
        ["Subject"] = v => Draft(subject: v),
        ["MessageId"] = v => Draft(messageId: v),
        ["Headers[0]"] = v => Draft(headers: [new("X-Tag", v)]),
        ["Headers[0] (name)"] = v => Draft(headers: [new(v, "x")]),
        ["Headers[0] (structured)"] = v => Draft(headers: [new("References", v)]),
        ["Attachments[0].FileName"] = v => Draft(attachments: [File(name: v)]),
        ["Attachments[0].ContentType"] = v => Draft(attachments: [File(type: v)]),
        ["Attachments[0].ContentId"] = v => Draft(attachments: [File(id: v)]),
        ["Address"] = v => Draft(to: [MailboxAddress.Create(v)]),
        ["Address (name)"] = v => Draft(to: [MailboxAddress.Create("a@b.c", v)]),
    };

    /// <summary>What each field holds when nothing is wrong with it, with a place for the attack.</summary>
    private static readonly Dictionary<string, string[]> s_carriers = new()
    {
        ["Subject"] = ["{0}", "a{0}", "{0}b", "a{0}Bcc: x@y.z", "ü{0}Bcc: x@y.z"],
        ["MessageId"] = ["{0}a@b", "a@b{0}", "a{0}b@c", "<a@b{0}>", "<a@b>{0}", "a@b{0}Bcc: x@y.z"],
        ["Headers[0]"] = ["{0}", "a{0}", "{0}b", "a{0}Bcc: x@y.z", "ü{0} folded"],
        ["Headers[0] (name)"] = ["{0}", "X-A{0}", "{0}X-A", "X-A{0}Bcc", "X-A: b{0}Bcc"],
        ["Headers[0] (structured)"] = ["<a@b>{0}", "<a@b>{0} <c@d>", "<a@b>{0}Bcc: x@y.z"],
        ["Attachments[0].FileName"] = ["{0}", "a{0}.txt", "a.txt{0}", "a.txt\"{0}Bcc: x@y.z", "ü{0}.txt"],
        ["Attachments[0].ContentType"] = ["{0}text/plain", "text/{0}plain", "text/plain{0}", "text/plain; a=b{0}", "text/plain; a=\"b{0}\"", "text/plain{0}Bcc: x@y.z"],
        ["Attachments[0].ContentId"] = ["{0}", "a{0}", "{0}a", "<a{0}>", "a>{0}Bcc: x@y.z"],
        ["Address"] = ["{0}a@b.c", "a{0}@b.c", "a@b{0}.c", "a@b.c{0}", "\"a{0}\"@b.c", "\"a\\{0}\"@b.c", "a@b.c>{0}Bcc: x@y.z"],
        ["Address (name)"] = ["{0}", "a{0}", "{0}a", "a\"{0}Bcc: x@y.z", "ü{0}"],
    };

    private static readonly string[] s_attacks =
        ["\r", "\n", "\r\n", "\n\r", "\0", "\r\0\n", "\r\n ", "\r\n\t", "\n ", "\r\n\r\n", "\v", "\f", "\u001c", "\u0085", "\u007f"];

    public static TheoryData<string> Fields => [.. s_fields.Keys];

    [Theory]
    [MemberData(nameof(Fields))]
    public void No_control_character_passes_through(string field)
    {
        foreach (var carrier in s_carriers[field])
        {
            foreach (var attack in s_attacks)
            {
                var value = carrier.Replace("{0}", attack);
                var refusal = Should.Throw<MailFormatException>(
                    () => Compose(s_fields[field](value)), $"{field}: {Convert.ToHexString(Encoding.UTF8.GetBytes(value))}");
                refusal.Field.ShouldBe(field.Split(' ')[0]);
                refusal.Message.ShouldNotContain("x@y.z");
            }
        }
    }

    [Theory]
    [InlineData("a\" ; filename=\"b.exe")]
    [InlineData("a\\\"; x=\"")]
    [InlineData("a.txt; b=c")]
    [InlineData("a'b%41*.txt")]
    [InlineData("=?utf-8?Q?a=0D=0ABcc:_x?=")]
    public void A_file_name_stays_one_parameter(string name)
    {
        var message = Compose(Draft(attachments: [File(name: name)]));
        var disposition = Disposition().Match(message).Value;
        var unquoted = QuotedString().Replace(disposition, "_");
        ParameterNames().Matches(unquoted).Select(m => m.Groups[1].Value).Distinct().ShouldBe(["filename"]);
    }

    [Theory]
    [InlineData("text/plain; boundary=\"a")]
    [InlineData("text/plain; a=b c")]
    [InlineData("text/plain; =b")]
    [InlineData("text/plain; a")]
    [InlineData("text/plain a=b")]
    [InlineData("text")]
    [InlineData("/plain")]
    [InlineData("text/")]
    [InlineData("text/plän")]
    [InlineData("")]
    [InlineData("text/plain; a=ü")]
    [InlineData("multipart/mixed")]
    [InlineData("Multipart/Mixed; boundary=x")]
    public void A_malformed_content_type_is_refused(string type)
    {
        AttachmentRules.TryCheckContentType(type, out var error).ShouldBeFalse();
        error.ShouldNotBeNullOrEmpty();
        Should.Throw<MailFormatException>(() => Compose(Draft(attachments: [File(type: type)]))).Field.ShouldBe("Attachments[0].ContentType");
    }

    [Theory]
    [InlineData("a@b@c")]
    [InlineData("a")]
    [InlineData("@b")]
    [InlineData("a@")]
    [InlineData("a b@c")]
    [InlineData("a@b> <c@d")]
    [InlineData("ä@b")]
    [InlineData("a..b@c")]
    [InlineData("")]
    public void A_malformed_message_id_is_refused(string id) =>
        Should.Throw<MailFormatException>(() => Compose(Draft(messageId: id))).Field.ShouldBe("MessageId");

    [Fact]
    public void Two_parts_cannot_share_a_content_id() =>
        Should.Throw<MailFormatException>(() => Compose(Draft(html: "x", attachments: [File(id: "a"), File(id: "<a>")])))
            .Field.ShouldBe("Attachments[1].ContentId");

    [Fact]
    public void Too_much_is_refused_by_name()
    {
        var mailboxes = Enumerable.Repeat(Jane, ComposeLimits.MaxMailboxes + 1).ToList();
        Refused(Draft(to: mailboxes)).ShouldBe("To");
        Refused(Draft(cc: mailboxes)).ShouldBe("Cc");
        Refused(Draft(replyTo: mailboxes)).ShouldBe("ReplyTo");
        Refused(Draft(attachments: Enumerable.Repeat(File(), ComposeLimits.MaxAttachments + 1).ToList())).ShouldBe("Attachments");
        Refused(Draft(subject: new string('x', ComposeLimits.MaxSubjectLength + 1))).ShouldBe("Subject");
        Refused(Draft(attachments: [File(name: new string('x', 256))])).ShouldBe("Attachments[0].FileName");
        Refused(Draft(attachments: [File(content: new byte[50 * 1024 * 1024])])).ShouldBe("Mail");
        Refused(Draft(text: new string('ü', 30 * 1024 * 1024))).ShouldBe("Mail");
        Refused(Draft(date: DateTimeOffset.MinValue)).ShouldBe("Date");

        static string Refused(OutgoingMail mail) => Should.Throw<MailFormatException>(() => Compose(mail)).Field;
    }

    [GeneratedRegex("(?<=\r\n)Content-Disposition:(?:[^\r]|\r\n[ \t])*")]
    private static partial Regex Disposition();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex QuotedString();

    [GeneratedRegex("; *(?:\r\n )?([a-z]+)[*0-9]*=")]
    private static partial Regex ParameterNames();
}
