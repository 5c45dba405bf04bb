using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpArgumentTests
{
    public static TheoryData<string> Breakers => ["\r", "\n", "\r\n", "\0", "\t", "\v", "\x1b", "\x7f", " ", "\u00a0", "\u0085", "\u2028", "\u2029"];

    private static void ShouldRefuseQuietly(Action act, string field, string value)
    {
        var refused = Should.Throw<SmtpArgumentException>(act);
        refused.Field.ShouldBe(field);
        refused.Message.ShouldNotContain(value);
    }

    [Theory]
    [MemberData(nameof(Breakers))]
    public void Nothing_that_ends_a_line_or_an_argument_gets_into_an_envelope(string breaker)
    {
        string[] bad = [$"x{breaker}y@example.com", $"x@exam{breaker}ple.com", $"{breaker}x@example.com", $"x@example.com{breaker}", $"x@example.com>{breaker}RCPT TO:<evil@example.com"];
        foreach (var address in bad)
        {
            ShouldRefuseQuietly(() => SmtpEnvelope.Create(address, "b@example.com"), "sender", address);
            ShouldRefuseQuietly(() => SmtpEnvelope.Create("a@example.com", "b@example.com", address), "recipients[1]", address);
        }
    }

    [Theory]
    [MemberData(nameof(Breakers))]
    public void Nothing_that_ends_a_line_or_an_argument_gets_into_the_settings(string breaker)
    {
        var name = $"client{breaker}test";
        ShouldRefuseQuietly(() => (SmtpTestBed.Settings(25) with { HeloName = name }).Validate(), "HeloName", name);
        ShouldRefuseQuietly(() => (SmtpTestBed.Settings(25) with { Host = name }).Validate(), "Host", name);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        // Not as theory data: a test's name is UTF-8, which has no form for these.
        foreach (var half in new[] { '\ud800', '\udc00' })
        {
            Should.Throw<SmtpArgumentException>(() => SmtpEnvelope.Create("", $"x{half}@example.com")).Cause.ShouldContain("surrogate");
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("@example.com")]
    [InlineData("x@")]
    [InlineData("x@example..com")]
    [InlineData("x@.example.com")]
    [InlineData("x@exa<mple.com")]
    [InlineData("x>y@example.com")]
    [InlineData("x@[]")]
    [InlineData("x@[a b]")]
    [InlineData("x@exam;ple.com")]
    public void An_address_of_another_form_is_refused(string address) =>
        ShouldRefuseQuietly(() => SmtpEnvelope.Create("a@example.com", address), "recipients[0]", address);

    [Theory]
    [InlineData("x@example.com")]
    [InlineData("x+tag@sub.example.com")]
    [InlineData("x@localhost")]
    [InlineData("x@[192.0.2.1]")]
    [InlineData("x@[IPv6:2001:db8::1]")]
    [InlineData("\"a@b\"@example.com")]
    [InlineData("o'brien@example.com")]
    public void An_address_of_a_usual_form_is_taken_as_it_is(string address)
    {
        var envelope = SmtpEnvelope.Create("", address);
        envelope.Recipients.ShouldBe([address]);
        envelope.NeedsSmtpUtf8.ShouldBeFalse();
    }

    [Fact]
    public void The_length_of_an_address_and_the_number_of_recipients_are_bounded()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('d', 60), 3)) + ".example";
        var longest = new string('x', 254 - domain.Length - 1) + "@" + domain;
        SmtpEnvelope.Create("", longest).Recipients[0].Length.ShouldBe(254);
        Should.Throw<SmtpArgumentException>(() => SmtpEnvelope.Create("", "x" + longest));

        var many = Enumerable.Repeat("x@example.com", SmtpEnvelope.MaxRecipients).ToArray();
        SmtpEnvelope.Create("", many).Recipients.Count.ShouldBe(1000);
        Should.Throw<SmtpArgumentException>(() => SmtpEnvelope.Create("", [.. many, "x@example.com"])).Field.ShouldBe("recipients");
        Should.Throw<SmtpArgumentException>(() => SmtpEnvelope.Create("", [])).Field.ShouldBe("recipients");
    }

    [Fact]
    public void A_refusal_can_be_had_as_a_value()
    {
        SmtpEnvelope.TryCreate("a@example.com", ["b@example.com", "c@\r\n"], out var envelope, out var fault).ShouldBeFalse();
        envelope.ShouldBeNull();
        fault!.Field.ShouldBe("recipients[1]");
        fault.Cause.ShouldContain("CR");
    }

    public static TheoryData<string, SmtpSettings> BadSettings => new()
    {
        { "Port", SmtpTestBed.Settings(0) },
        { "Port", SmtpTestBed.Settings(65536) },
        { "Host", SmtpTestBed.Settings(25) with { Host = "" } },
        { "HeloName", SmtpTestBed.Settings(25) with { HeloName = "" } },
        { "HeloName", SmtpTestBed.Settings(25) with { HeloName = "a;b" } },
        { "Security", SmtpTestBed.Settings(25) with { Security = (SmtpSecurity)9 } },
        { "MaxConnections", SmtpTestBed.Settings(25) with { MaxConnections = 0 } },
        { "MaxWaiting", SmtpTestBed.Settings(25) with { MaxWaiting = -1 } },
        { "MaxMailsPerConnection", SmtpTestBed.Settings(25) with { MaxMailsPerConnection = 0 } },
        { "MaxIdle", SmtpTestBed.Settings(25) with { MaxIdle = TimeSpan.Zero } },
        { "MaxAge", SmtpTestBed.Settings(25) with { MaxAge = TimeSpan.FromDays(2) } },
        { "Deadlines.FinalDot", SmtpTestBed.Settings(25) with { Deadlines = new SmtpDeadlines { FinalDot = TimeSpan.Zero } } },
    };

    [Theory]
    [MemberData(nameof(BadSettings))]
    public void A_setting_out_of_range_is_named(string field, SmtpSettings settings) =>
        Should.Throw<SmtpArgumentException>(() => new SmtpConnectionPool(settings)).Field.ShouldBe(field);

    [Fact]
    public async Task An_empty_message_is_a_mistake_of_the_caller()
    {
        await using var pool = new SmtpConnectionPool(SmtpTestBed.Settings(25));
        Should.Throw<ArgumentException>(() => pool.SendAsync(SmtpTestBed.Envelope(), ReadOnlyMemory<byte>.Empty).AsTask());
    }
}
