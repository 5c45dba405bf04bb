using Mailroom.Mail.Mime;

namespace Mailroom.Mail.Tests.Mime;

public sealed class MailboxAddressTests
{
    [Theory]
    [InlineData("a@b.c", "a@b.c", null)]
    [InlineData("jane.doe+tag@Example.ORG", "jane.doe+tag@Example.ORG", null)]
    [InlineData("!#$%&'*+-/=?^_`{|}~@b.c", "!#$%&'*+-/=?^_`{|}~@b.c", null)]
    [InlineData("user@localhost", "user@localhost", null)]
    [InlineData("  a@b.c  ", "a@b.c", null)]
    [InlineData("<a@b.c>", "a@b.c", null)]
    [InlineData("Name <a@b.c>", "a@b.c", "Name")]
    [InlineData("Name<a@b.c>", "a@b.c", "Name")]
    [InlineData("Jane   van  Doe <a@b.c>", "a@b.c", "Jane van Doe")]
    [InlineData("John Q. Public <a@b.c>", "a@b.c", "John Q. Public")]
    [InlineData("\"Quoted, Name\" <a@b.c>", "a@b.c", "Quoted, Name")]
    [InlineData("\"Quo\\\"ted \\\\ Name\" <a@b.c>", "a@b.c", "Quo\"ted \\ Name")]
    [InlineData("\"two  blanks\" <a@b.c>", "a@b.c", "two  blanks")]
    [InlineData("\"\" <a@b.c>", "a@b.c", null)]
    [InlineData("Jürgen Müller <a@b.c>", "a@b.c", "Jürgen Müller")]
    [InlineData("山田 太郎 <a@b.c>", "a@b.c", "山田 太郎")]
    [InlineData("\"a b\"@b.c", "\"a b\"@b.c", null)]
    [InlineData("\"a@b\"@b.c", "\"a@b\"@b.c", null)]
    [InlineData("\"a\\\"b\"@b.c", "\"a\\\"b\"@b.c", null)]
    [InlineData("\"jane\"@b.c", "jane@b.c", null)]
    [InlineData("\"a..b\"@b.c", "\"a..b\"@b.c", null)]
    [InlineData("N <\"a b\"@b.c>", "\"a b\"@b.c", "N")]
    [InlineData("a@b.c (Jane)", "a@b.c", null)]
    [InlineData("(one (two) \\) three) a (x) @ (y) b.c", "a@b.c", null)]
    [InlineData("Jane (her) Doe (that is) < (x) a@b.c (y) > (z)", "a@b.c", "Jane Doe")]
    public void A_mailbox_is_read(string text, string address, string? name)
    {
        MailboxAddress.TryParse(text, out var mailbox, out var error).ShouldBeTrue(error);
        mailbox.Address.ShouldBe(address);
        mailbox.Name.ShouldBe(name);
        error.ShouldBeNull();
    }

    [Theory]
    [InlineData(null, "is empty")]
    [InlineData("", "is empty")]
    [InlineData("   ", "is empty")]
    [InlineData("jane", "has no @")]
    [InlineData("Jane Doe", "has no @")]
    [InlineData("Jane <jane>", "has no @")]
    [InlineData("@b.c", "has nothing before the @")]
    [InlineData("a@", "has no domain after the @")]
    [InlineData("<>", "has nothing in its angle brackets")]
    [InlineData(".a@b.c", "has a dot at the start or end, or two dots in a row, before the @")]
    [InlineData("a.@b.c", "has a dot at the start or end, or two dots in a row, before the @")]
    [InlineData("a..b@b.c", "has a dot at the start or end, or two dots in a row, before the @")]
    [InlineData("\"\"@b.c", "has an empty pair of quotes before the @")]
    [InlineData("a@b..c", "has a dot at the start or end, or two dots in a row, in its domain")]
    [InlineData("a@.b", "has a dot at the start or end, or two dots in a row, in its domain")]
    [InlineData("a@b.", "has a dot at the start or end, or two dots in a row, in its domain")]
    [InlineData("a@-b.c", "has a hyphen at the start or end of a label of its domain")]
    [InlineData("a@b-.c", "has a hyphen at the start or end of a label of its domain")]
    [InlineData("a@b_c.d", "has a character in its domain that is not a letter, digit, hyphen or dot")]
    [InlineData("a@1.2.3.4", "has a domain that ends in a number; an IP address is written in square brackets")]
    [InlineData("a@[192.0.2.1]", "has an IP address for a domain; use a domain name")]
    [InlineData("a@b@c.d", "has something after its end")]
    [InlineData("a b@c.d", "has blanks before the @, or a display name with an @ that needs quotes")]
    [InlineData("a@b.c <a@b.c>", "has something after its end")]
    [InlineData("a@b.c, d@e.f", "is more than one address")]
    [InlineData("a@b.c; d@e.f", "is more than one address")]
    [InlineData("Doe, Jane <a@b.c>", "is more than one address, or has a display name with a comma that needs quotes")]
    [InlineData("Jane [x] <a@b.c>", "has a display name with a character that needs quotes")]
    [InlineData("friends: a@b.c;", "is a group, where one mailbox is expected")]
    [InlineData("<@relay.org:a@b.c>", "has a source route, which is obsolete; write the address alone in the angle brackets")]
    [InlineData("Jane <a@b.c", "has an angle bracket that is not closed right after the address")]
    [InlineData("Jane <a@b.c> x", "has something after its end")]
    [InlineData("Jane <a b@b.c>", "has a character before the @ that is only allowed inside quotes")]
    [InlineData("\"Jane <a@b.c>", "has a quote that is not closed")]
    [InlineData("\"Jane\\", "has a quote that is not closed")]
    [InlineData("a@b.c (open", "has a comment that is not closed")]
    [InlineData("a@b.c (open\\", "has a comment that is not closed")]
    [InlineData("a@ex ample.org", "has something after its end")]
    [InlineData("<a@b.c>\r\n", "must not contain control characters such as CR, LF or NUL")]
    public void What_is_no_mailbox_is_refused_with_the_reason(string? text, string reason)
    {
        MailboxAddress.TryParse(text, out var mailbox, out var error).ShouldBeFalse();
        mailbox.ShouldBeNull();
        error.ShouldBe(reason);
    }

    [Fact]
    public void No_control_character_gets_in_anywhere()
    {
        string[] templates = ["{0}a@b.c", "a{0}b@b.c", "a@b{0}c.d", "a@b.c{0}", "N{0}m <a@b.c>", "\"N{0}m\" <a@b.c>", "\"N\\{0}\" <a@b.c>", "\"a{0}\"@b.c", "a@b.c (x{0})"];
        foreach (var control in Enumerable.Range(0, 0xA0).Select(c => (char)c).Where(char.IsControl))
        {
            foreach (var template in templates)
            {
                MailboxAddress.TryParse(template.Replace("{0}", control.ToString()), out _, out var error).ShouldBeFalse($"U+{(int)control:X4} in {template}");
                error.ShouldBe("must not contain control characters such as CR, LF or NUL");
            }

            MailboxAddress.TryCreate($"a{control}@b.c", null, out _, out _).ShouldBeFalse();
            MailboxAddress.TryCreate("a@b.c", $"N{control}", out _, out _).ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("x@münchen.de", "münchen.de", "xn--mnchen-3ya.de", "x@xn--mnchen-3ya.de")]
    [InlineData("x@MÜNCHEN.DE", "MÜNCHEN.DE", "xn--mnchen-3ya.de", "x@xn--mnchen-3ya.de")]
    [InlineData("x@例え。テスト", "例え。テスト", "xn--r8jz45g.xn--zckzah", "x@xn--r8jz45g.xn--zckzah")]
    [InlineData("x@कि.in", "कि.in", "xn--11b8f.in", "x@xn--11b8f.in")]
    [InlineData("x@Example.ORG", "Example.ORG", "example.org", "x@Example.ORG")]
    public void A_domain_has_an_ASCII_form(string address, string domain, string ascii, string envelope)
    {
        MailboxAddress.TryParse(address, out var mailbox, out var error).ShouldBeTrue(error);
        mailbox.Domain.ShouldBe(domain);
        mailbox.AsciiDomain.ShouldBe(ascii);
        mailbox.EnvelopeAddress.ShouldBe(envelope);
        mailbox.NeedsSmtpUtf8.ShouldBeFalse();
        mailbox.LocalPart.ShouldBe("x");
    }

    [Theory]
    [InlineData("a@mu\u0308nchen.de")]
    [InlineData("a@ｅxample.org")]
    [InlineData("a@☃.net")]
    [InlineData("a@b\u200d.net")]
    [InlineData("a@b\u00a0c.net")]
    [InlineData("a\u3000b@b.net")]
    [InlineData("a\u200bb@b.net")]
    public void Unicode_that_cannot_be_an_address_is_refused(string text) =>
        MailboxAddress.TryParse(text, out _, out _).ShouldBeFalse();

    [Fact]
    public void Half_a_surrogate_pair_is_refused_anywhere()
    {
        foreach (var text in (string[])["a@\ud800.net", "\ud800@b.net", "\udc00a@b.net", "N\ud800 <a@b.c>", "a@b.c (\udc00\ud800)"])
        {
            MailboxAddress.TryParse(text, out _, out var error).ShouldBeFalse();
            error.ShouldBe("is not valid Unicode text");
        }
    }

    [Fact]
    public void A_local_part_outside_ASCII_needs_SMTPUTF8()
    {
        var mailbox = MailboxAddress.Create("用户@例え.jp");
        mailbox.NeedsSmtpUtf8.ShouldBeTrue();
        mailbox.EnvelopeAddress.ShouldBe("用户@xn--r8jz45g.jp");
    }

    [Theory]
    [InlineData(64, 0, 0, true)]
    [InlineData(65, 0, 0, false)]
    [InlineData(0, 22, 0, false)] // 22 characters of three octets each
    [InlineData(0, 21, 0, true)]
    [InlineData(60, 0, 193, true)] // 60 + 1 + 193 = 254
    [InlineData(61, 0, 193, false)]
    [InlineData(1, 0, 256, false)]
    public void Lengths_are_those_of_RFC_5321_in_octets(int ascii, int wide, int domainLength, bool accepted)
    {
        var domain = domainLength == 0 ? "b.c" : string.Join('.', Enumerable.Repeat(new string('d', 31), 9))[..domainLength].TrimEnd('.').PadRight(domainLength, 'd');
        var address = new string('a', ascii) + new string('文', wide) + "@" + domain;
        MailboxAddress.TryParse(address, out _, out _).ShouldBe(accepted);
        MailboxAddress.TryParse($"Name <{address}>", out _, out _).ShouldBe(accepted);
        MailboxAddress.TryCreate(address, "Name", out _, out _).ShouldBe(accepted);
    }

    [Fact]
    public void A_label_holds_63_octets()
    {
        MailboxAddress.TryParse($"a@{new string('b', 63)}.c", out _, out _).ShouldBeTrue();
        MailboxAddress.TryParse($"a@{new string('b', 64)}.c", out _, out _).ShouldBeFalse();
        MailboxAddress.TryParse($"a@{new string('ü', 60)}.c", out _, out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("a@[192.0.2.1]", true)]
    [InlineData("a@[IPv6:2001:db8::1]", true)]
    [InlineData("a@[1]", false)]
    [InlineData("a@[010.0.0.1]", false)]
    [InlineData("a@[0x7f.0.0.1]", false)]
    [InlineData("a@[2001:db8::1]", false)]
    [InlineData("a@[IPv6:192.0.2.1]", false)]
    [InlineData("a@[IPv6:fe80::1%eth0]", false)]
    [InlineData("a@[192.0.2.1", false)]
    [InlineData("a@[example.org]", false)]
    public void Domain_literals_are_read_where_asked_for(string text, bool accepted)
    {
        MailboxAddress.TryParse(text, AddressForms.DomainLiterals, out var mailbox, out _).ShouldBe(accepted);
        MailboxAddress.TryParse(text, out _, out _).ShouldBeFalse();
        mailbox?.Address.ShouldBe(text);
    }

    [Theory]
    [InlineData(" a@b.c")]
    [InlineData("a@b.c ")]
    [InlineData("a@ b.c")]
    [InlineData("<a@b.c>")]
    [InlineData("a@b.c(x)")]
    [InlineData("N <a@b.c>")]
    [InlineData("")]
    [InlineData(null)]
    public void Parts_are_taken_only_bare(string? address) => MailboxAddress.TryCreate(address, "N", out _, out _).ShouldBeFalse();

    [Fact]
    public void An_address_made_of_its_own_parts_is_equal_to_the_one_parsed()
    {
        foreach (var text in (string[])["a@b.c", "N <a@b.c>", "\"N, M\" <\"a b\"@münchen.de>", "用户@例え.jp"])
        {
            MailboxAddress.TryParse(text, out var parsed, out _).ShouldBeTrue();
            MailboxAddress.Create(parsed.Address, parsed.Name).ShouldBe(parsed);
        }
    }

    [Fact]
    public void Neither_an_error_nor_the_text_form_shows_the_local_part()
    {
        Should.Throw<MailFormatException>(() => MailboxAddress.Create("secret person@example.org")).Message.ShouldNotContain("secret");
        MailboxAddress.Create("secret@example.org", "Secret").ToString().ShouldBe("…@example.org");
    }

    [Theory]
    [InlineData("(")]
    [InlineData("()")]
    [InlineData("(()")]
    [InlineData("\\")]
    [InlineData("\"")]
    [InlineData("\"\" ")]
    [InlineData("a ")]
    [InlineData("a@")]
    [InlineData("<")]
    [InlineData(".")]
    [InlineData("(\\")]
    public void Nested_and_repeated_pieces_are_refused_whatever_they_nest(string piece)
    {
        var longest = string.Concat(Enumerable.Repeat(piece, MailboxAddress.MaxInputLength / piece.Length));
        MailboxAddress.TryParse(longest, out _, out _).ShouldBeFalse();
        MailboxAddress.TryParse(longest + " <a@b.c>", out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Input_past_the_limit_is_refused_unread() =>
        MailboxAddress.TryParse(new string(' ', 5_000_000) + "a@b.c", out _, out _).ShouldBeFalse();
}
