using System.Text;
using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

public sealed class HeaderFoldingTests
{
    [Theory]
    [InlineData("Hello", "Subject: Hello")]
    [InlineData("", "Subject:")]
    [InlineData("two  blanks and a\ttab", "Subject: two  blanks and a\ttab")]
    [InlineData("Grüße", "Subject: =?utf-8?B?R3LDvMOfZQ==?=")]
    [InlineData("Fürsten und andere Götter", "Subject: =?utf-8?Q?F=C3=BCrsten_und_andere_G=C3=B6tter?=")]
    [InlineData("日本語", "Subject: =?utf-8?B?5pel5pys6Kqe?=")]
    [InlineData("Order № 5 is on its way", "Subject: Order =?utf-8?B?4oSW?= 5 is on its way")]
    [InlineData("From Ä to Ö it is", "Subject: From =?utf-8?B?w4QgdG8gw5Y=?= it is")]
    [InlineData(" outer blanks ", "Subject: =?utf-8?Q?_outer_blanks_?=")]
    [InlineData("   ", "Subject: =?utf-8?Q?___?=")]
    [InlineData("literal =?utf-8?Q?x?= stays", "Subject: literal =?utf-8?B?PT91dGYtOD9RP3g/PQ==?= stays")]
    [InlineData("😀", "Subject: =?utf-8?B?8J+YgA==?=")]
    public void A_subject_is_written_as(string subject, string header) =>
        Header(Draft(subject: subject), "Subject").ShouldBe(header);

    [Fact]
    public void A_long_subject_is_folded_at_its_own_blanks()
    {
        var subject = "The quick brown fox jumps over the lazy dog, and then the dog  chases the quick brown fox\tback";
        Header(Draft(subject: subject), "Subject").ShouldBe(
            "Subject: The quick brown fox jumps over the lazy dog, and then the dog  chases\r\n the quick brown fox\tback");
    }

    [Fact]
    public void Encoded_words_end_at_whole_characters_and_75_octets()
    {
        var lines = Header(Draft(subject: string.Concat(Enumerable.Repeat("aé日😀", 60))), "Subject").Split("\r\n");
        lines.Length.ShouldBeGreaterThan(8);
        foreach (var (line, i) in lines.Select((l, i) => (l, i)))
        {
            line.Length.ShouldBeLessThanOrEqualTo(76);
            var word = i == 0 ? line["Subject: ".Length..] : line[1..];
            word.ShouldStartWith("=?utf-8?B?");
            word.Length.ShouldBeLessThanOrEqualTo(75);
            var octets = Convert.FromBase64String(word["=?utf-8?B?".Length..^2]);
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(octets).ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [InlineData(805)]
    [InlineData(4096)]
    public void A_word_too_long_for_any_line_is_encoded_in_pieces(int length)
    {
        var header = Header(Draft(subject: "see " + new string('x', length - 4)), "Subject");
        header.Split("\r\n").ShouldAllBe(line => line.Length <= 76);
        header.ShouldContain("=?utf-8?Q?xxx");
    }

    [Theory]
    [InlineData("Jane", "From: Jane <a@b.c>")]
    [InlineData("Jane Doe", "From: Jane Doe <a@b.c>")]
    [InlineData("Jane Q. Doe", "From: \"Jane Q. Doe\" <a@b.c>")]
    [InlineData("Doe, Jane", "From: \"Doe, Jane\" <a@b.c>")]
    [InlineData("a\"b\\c", "From: \"a\\\"b\\\\c\" <a@b.c>")]
    [InlineData("two  blanks", "From: \"two  blanks\" <a@b.c>")]
    [InlineData("Jürgen", "From: =?utf-8?Q?J=C3=BCrgen?= <a@b.c>")]
    [InlineData("Jürgen Brandenburg, PhD", "From: =?utf-8?Q?J=C3=BCrgen_Brandenburg=2C_PhD?= <a@b.c>")]
    [InlineData("=?utf-8?Q?x?=", "From: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <a@b.c>")]
    [InlineData(null, "From: a@b.c")]
    public void A_display_name_is_written_as(string? name, string header) =>
        Header(Draft(from: MailboxAddress.Create("a@b.c", name)), "From").ShouldBe(header);

    [Fact]
    public void Mailboxes_are_folded_between_each_other()
    {
        var to = Enumerable.Range(1, 5).Select(i => MailboxAddress.Create($"recipient-{i}@example.com", "Recipient " + i)).ToList();
        Header(Draft(to: to), "To").ShouldBe(
            "To: Recipient 1 <recipient-1@example.com>,\r\n Recipient 2 <recipient-2@example.com>,\r\n Recipient 3 <recipient-3@example.com>,\r\n"
            + " Recipient 4 <recipient-4@example.com>,\r\n Recipient 5 <recipient-5@example.com>");
    }

    [Fact]
    public void An_international_domain_is_written_as_A_labels() =>
        Header(Draft(from: MailboxAddress.Create("a@münchen.de")), "From").ShouldBe("From: a@xn--mnchen-3ya.de");

    [Fact]
    public void A_local_part_outside_ASCII_is_written_raw_and_flagged()
    {
        using var message = MessageComposer.Compose(Draft(to: [MailboxAddress.Create("用户@例え.jp", "用户")]));
        message.NeedsSmtpUtf8.ShouldBeTrue();
        message.Has8Bit.ShouldBeTrue();
        Encoding.UTF8.GetString(message.Bytes.Span).ShouldContain("\r\nTo: =?utf-8?B?55So5oi3?= <用户@xn--r8jz45g.jp>\r\n");
    }

    [Theory]
    [InlineData("2026-11-21T09:05:07+00:00", "Date: Sat, 21 Nov 2026 09:05:07 +0000")]
    [InlineData("2026-02-01T23:59:59+05:30", "Date: Sun, 01 Feb 2026 23:59:59 +0530")]
    [InlineData("1999-12-31T00:00:00-09:30", "Date: Fri, 31 Dec 1999 00:00:00 -0930")]
    public void A_date_is_written_with_its_offset(string date, string header) =>
        ("\r\n" + Compose(Draft(date: DateTimeOffset.Parse(date, System.Globalization.CultureInfo.InvariantCulture)))).ShouldStartWith($"\r\n{header}\r\n");

    [Fact]
    public void A_structured_header_is_folded_and_never_encoded()
    {
        var value = "<https://example.org/u?a=?utf-8?Q?b?=&c=d>, <mailto:unsubscribe@example.org?subject=unsubscribe-d-1>";
        Header(Draft(headers: [new("List-Unsubscribe", value)]), "List-Unsubscribe").ShouldBe(
            "List-Unsubscribe: <https://example.org/u?a=?utf-8?Q?b?=&c=d>,\r\n <mailto:unsubscribe@example.org?subject=unsubscribe-d-1>");
    }

    [Fact]
    public void A_mail_to_nobody_visible_says_so() =>
        Header(Draft(to: []), "To").ShouldBe("To: undisclosed-recipients:;");

    [Fact]
    public void A_sender_is_written_only_where_it_differs()
    {
        Compose(Draft(sender: Jane)).ShouldNotContain("\r\nSender:");
        Header(Draft(sender: MailboxAddress.Create("list@example.org")), "Sender").ShouldBe("Sender: list@example.org");
    }

    [Fact]
    public void A_header_name_of_full_length_leaves_room_for_any_value()
    {
        var name = "X-" + new string('n', 74);
        var header = Header(Draft(headers: [new(name, "Grüße")]), name);
        header.ShouldBe($"{name}:\r\n =?utf-8?B?R3LDvMOfZQ==?=");
    }
}
