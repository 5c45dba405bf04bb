using Mailroom.Mail.Mime;
using static Mailroom.Mail.Tests.Mime.MailSample;

namespace Mailroom.Mail.Tests.Mime;

public sealed class HeaderRulesTests
{
    [Theory]
    [InlineData("X-Tag", true)]
    [InlineData("x", true)]
    [InlineData("X!#$%&'*+-.^_`|~", true)]
    [InlineData("", false)]
    [InlineData("X Tag", false)]
    [InlineData("X:Tag", false)]
    [InlineData("X-Täg", false)]
    [InlineData("X\tTag", false)]
    [InlineData("X-Tag\r\n", false)]
    [InlineData("\u007f", false)]
    public void A_header_name_is_printable_ASCII_without_colon(string name, bool valid) => HeaderRules.IsValidName(name).ShouldBe(valid);

    [Fact]
    public void A_header_name_has_its_limit()
    {
        HeaderRules.IsValidName(new string('x', 76)).ShouldBeTrue();
        HeaderRules.IsValidName(new string('x', 77)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("From")]
    [InlineData("sender")]
    [InlineData("REPLY-TO")]
    [InlineData("to")]
    [InlineData("cc")]
    [InlineData("Bcc")]
    [InlineData("subject")]
    [InlineData("date")]
    [InlineData("message-id")]
    [InlineData("Mime-Version")]
    [InlineData("Content-Type")]
    [InlineData("content-anything")]
    [InlineData("Return-Path")]
    [InlineData("Received")]
    [InlineData("Delivered-To")]
    [InlineData("DKIM-Signature")]
    [InlineData("ARC-Seal")]
    [InlineData("Resent-From")]
    [InlineData("Authentication-Results")]
    public void A_reserved_header_cannot_be_set(string name)
    {
        HeaderRules.IsReserved(name).ShouldBeTrue();
        HeaderRules.TryCheck(name, "x", out var error).ShouldBeFalse();
        error.ShouldBe("may not be set: it is written from the mail's own fields, or by mail servers");
        Should.Throw<MailFormatException>(() => Compose(Draft(headers: [new(name, "x")]))).Field.ShouldBe("Headers[0]");
    }

    [Theory]
    [InlineData("X-Tag")]
    [InlineData("In-Reply-To")]
    [InlineData("References")]
    [InlineData("List-Unsubscribe")]
    [InlineData("List-Unsubscribe-Post")]
    [InlineData("Precedence")]
    [InlineData("Received-X")]
    [InlineData("Fromage")]
    public void Other_headers_can_be_set(string name)
    {
        HeaderRules.TryCheck(name, "<x@y>", out var error).ShouldBeTrue(error);
        Header(Draft(headers: [new(name, "<x@y>")]), name).ShouldBe($"{name}: <x@y>");
    }

    [Theory]
    [InlineData("References", "", "has an empty value")]
    [InlineData("References", "<ä@b>", "has characters outside ASCII, where ids, addresses or URIs are expected; percent-encode them")]
    [InlineData("X-Tag", "\ta\u0085", "must not contain control characters such as CR, LF or NUL")]
    [InlineData("X-Tag", null, "has no value")]
    public void A_bad_value_is_refused_with_the_reason(string name, string? value, string reason)
    {
        HeaderRules.TryCheck(name, value, out var error).ShouldBeFalse();
        error.ShouldBe(reason);
    }

    [Fact]
    public void A_structured_value_that_cannot_be_folded_is_refused()
    {
        HeaderRules.TryCheck("References", $"<{new string('x', 790)}@b>", out _).ShouldBeTrue();
        HeaderRules.TryCheck("References", $"<{new string('x', 800)}@b>", out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain("cannot be folded");
        HeaderRules.TryCheck("References", $"<a@b>{new string(' ', 900)}<c@d>", out _).ShouldBeFalse();
    }

    [Fact]
    public void A_structured_header_comes_once_and_any_other_as_often_as_given()
    {
        HeaderRules.TryCheckAll([new("X-A", "1"), new("x-a", "2")], out _, out var error).ShouldBeTrue(error);
        HeaderRules.TryCheckAll([new("References", "<a@b>"), new("X-A", "1"), new("references", "<a@b>")], out var index, out error).ShouldBeFalse();
        index.ShouldBe(2);
        error.ShouldBe("is given twice, where a mail may hold one");
    }

    [Fact]
    public void Headers_are_bounded_in_number_and_octets()
    {
        var many = Enumerable.Range(0, ComposeLimits.MaxHeaders).Select(i => new MailHeader($"X-{i}", "v")).ToList();
        HeaderRules.TryCheckAll(many, out _, out var error).ShouldBeTrue(error);
        Compose(Draft(headers: many)).ShouldContain("\r\nX-99: v\r\n");
        HeaderRules.TryCheckAll([.. many, new("X-More", "v")], out var index, out _).ShouldBeFalse();
        index.ShouldBe(ComposeLimits.MaxHeaders);

        // "X-A", colon, blank and CRLF are 7 octets.
        MailHeader[] full = [new("X-A", new string('ü', 16 * 1024)), new("X-B", new string('x', (32 * 1024) - 14))];
        HeaderRules.TryCheckAll(full, out _, out error).ShouldBeTrue(error);
        HeaderRules.TryCheckAll([.. full, new("X", "")], out index, out _).ShouldBeFalse();
        index.ShouldBe(2);
        Should.Throw<MailFormatException>(() => Compose(Draft(headers: [.. full, new("X", "")]))).Field.ShouldBe("Headers[2]");
    }
}
