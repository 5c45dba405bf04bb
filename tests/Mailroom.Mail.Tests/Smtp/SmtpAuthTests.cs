using System.Text;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpAuthTests
{
    private const string Secret = "s3cr\u00e9t";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string Offers(string mechanisms) => $"250-test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 AUTH {mechanisms}\r\n";

    private static SmtpSettings Password(SmtpSettings settings) => settings with
    {
        Credentials = SmtpCredentials.Password("user", Secret),
        AllowCleartextAuthentication = true,
    };

    private static SmtpSettings Token(SmtpSettings settings) => settings with
    {
        Credentials = SmtpCredentials.OAuth2("user@example.com", _ => new ValueTask<string>("t0ken")),
        AllowCleartextAuthentication = true,
    };

    /// <summary>C: what the client must say, S: what the server says.</summary>
    private static async Task PlayAsync(ScriptedSession server, string offers, params string[] lines)
    {
        await server.GreetAsync(Offers(offers));
        foreach (var line in lines)
        {
            await (line[0] == 'C' ? server.ExpectAsync(line[3..] + "\r\n") : server.SendAsync(line[3..] + "\r\n"));
        }
    }

    public static TheoryData<string, string[]> Dialogues => new()
    {
        { "PLAIN LOGIN", [$"C: AUTH PLAIN {Base64("\0user\0" + Secret)}", "S: 235 2.7.0 welcome"] },
        { "LOGIN", ["C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", $"C: {Base64("user")}", "S: 334 UGFzc3dvcmQ6", $"C: {Base64(Secret)}", "S: 235 welcome"] },
        { "PLAIN CRAM-MD5", ["C: AUTH CRAM-MD5", $"S: 334 {Base64("<1@test>")}", $"C: {CramMd5("<1@test>")}", "S: 235 welcome"] },
        { "PLAIN CRAM-MD5", ["C: AUTH CRAM-MD5", $"S: 334 {Base64("<1@test>")}", $"C: {CramMd5("<1@test>")}", "S: 535 no", $"C: AUTH PLAIN {Base64("\0user\0" + Secret)}", "S: 235 welcome"] },
        { "PLAIN LOGIN", [$"C: AUTH PLAIN {Base64("\0user\0" + Secret)}", "S: 504 not that one", "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", $"C: {Base64("user")}", "S: 334 UGFzc3dvcmQ6", $"C: {Base64(Secret)}", "S: 235 welcome"] },
    };

    private static string CramMd5(string challenge)
    {
        var digest = System.Security.Cryptography.HMACMD5.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(challenge));
        return Base64("user " + Convert.ToHexStringLower(digest));
    }

    [Theory]
    [MemberData(nameof(Dialogues))]
    public async Task The_strongest_mechanism_that_works_is_used_and_no_secret_is_kept(string offers, string[] lines)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, offers, lines);
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            },
            with: Password);
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Conversation.ToString());
        foreach (var line in lines.Where(line => line[0] == 'C' && !line.StartsWith("C: AUTH ", StringComparison.Ordinal)))
        {
            result.Conversation.ToString().ShouldNotContain(line[3..]);
        }
        result.Conversation.ToString().ShouldNotContain(Secret);
        result.Conversation.ToString().ShouldNotContain(Base64("\0user\0" + Secret));
        result.Conversation.ToString().ShouldContain("***");
    }

    [Fact]
    public void The_CRAM_MD5_example_of_RFC_2195_holds()
    {
        var digest = System.Security.Cryptography.HMACMD5.HashData("tanstaaftanstaaf"u8, "<1896.697170952@postoffice.reston.mci.net>"u8);
        Convert.ToHexStringLower(digest).ShouldBe("b913a602c7eda7a495b4e6e7334d3890");
    }

    [Theory]
    [InlineData("535 5.7.8 wrong", SmtpOutcome.AuthenticationFailed)]
    [InlineData("538 5.7.11 encrypt first", SmtpOutcome.AuthenticationFailed)]
    [InlineData("454 4.7.0 not now", SmtpOutcome.AuthenticationDeferred)]
    [InlineData("432 4.7.12 change it", SmtpOutcome.AuthenticationDeferred)]
    [InlineData("421 4.3.2 closing", SmtpOutcome.Deferred)]
    [InlineData("334 anything else?", SmtpOutcome.ProtocolError)]
    [Trait("Requirement", "C41")]
    public async Task A_refusal_of_the_credentials_is_classed_and_not_repeated(string reply, SmtpOutcome outcome)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "PLAIN LOGIN", $"C: AUTH PLAIN {Base64("\0user\0" + Secret)}", "S: " + reply);
                await server.UntilClosedAsync();
            },
            with: Password);
        result.Outcome.ShouldBe(outcome);
        result.Phase.ShouldBe(SmtpPhase.Auth);
        result.Reply!.Code.ShouldBe(int.Parse(reply[..3], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("GSSAPI NTLM", false, "no AUTH mechanism")]
    [InlineData("XOAUTH2", false, "none of which fits")]
    [InlineData("PLAIN LOGIN", true, "no TLS")]
    [Trait("Requirement", "C41")]
    public async Task Where_no_mechanism_may_be_used_nothing_is_shown(string offers, bool protect, string reason)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, offers);
                await server.UntilClosedAsync();
            },
            with: settings => Password(settings) with { AllowCleartextAuthentication = !protect });
        result.Outcome.ShouldBe(SmtpOutcome.AuthenticationFailed);
        result.Detail.ShouldContain(reason);
    }

    [Fact]
    public async Task CRAM_MD5_shows_no_password_and_may_run_in_the_clear()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "PLAIN CRAM-MD5", "C: AUTH CRAM-MD5", $"S: 334 {Base64("<1@test>")}", $"C: {CramMd5("<1@test>")}", "S: 535 no");
                await server.UntilClosedAsync();
            },
            with: settings => Password(settings) with { AllowCleartextAuthentication = false });
        result.Outcome.ShouldBe(SmtpOutcome.AuthenticationFailed);
    }

    [Fact]
    public async Task A_challenge_that_is_not_base64_is_a_protocol_error()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "CRAM-MD5", "C: AUTH CRAM-MD5", "S: 334 !!!", "C: *", "S: 501 canceled");
                await server.UntilClosedAsync();
            },
            with: Password);
        result.Outcome.ShouldBe(SmtpOutcome.ProtocolError);
    }

    [Fact]
    public async Task A_token_goes_by_XOAUTH2()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "PLAIN XOAUTH2", $"C: AUTH XOAUTH2 {Base64("user=user@example.com\x01auth=Bearer t0ken\x01\x01")}", "S: 235 welcome");
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            },
            with: Token);
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
        result.Conversation.ToString().ShouldContain("> AUTH XOAUTH2 ***");
    }

    [Fact]
    public async Task A_refused_token_is_answered_with_an_empty_line_to_learn_the_reply()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "XOAUTH2", $"C: AUTH XOAUTH2 {Base64("user=user@example.com\x01auth=Bearer t0ken\x01\x01")}",
                    $"S: 334 {Base64("{\"status\":\"401\"}")}", "C: ", "S: 535 5.7.8 expired");
                await server.UntilClosedAsync();
            },
            with: Token);
        result.Outcome.ShouldBe(SmtpOutcome.AuthenticationFailed);
        result.Reply!.Code.ShouldBe(535);
    }

    [Fact]
    public async Task A_long_token_waits_for_the_servers_334()
    {
        var token = new string('t', 2000);
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "XOAUTH2", "C: AUTH XOAUTH2", "S: 334", $"C: {Base64($"user=u\x01auth=Bearer {token}\x01\x01")}", "S: 235 welcome");
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            },
            with: settings => Token(settings) with { Credentials = SmtpCredentials.OAuth2("u", _ => new ValueTask<string>(token)) });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
        result.Conversation.ToString().ShouldNotContain(Base64(token)[..40]);
    }

    [Fact]
    public async Task A_token_that_cannot_be_had_defers_and_its_error_is_not_quoted()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "XOAUTH2");
                await server.UntilClosedAsync();
            },
            with: settings => Token(settings) with { Credentials = SmtpCredentials.OAuth2("u", _ => throw new InvalidOperationException("refresh token abc")) });
        result.Outcome.ShouldBe(SmtpOutcome.AuthenticationDeferred);
        result.Detail.ShouldContain("InvalidOperationException");
        result.Detail.ShouldNotContain("abc");
    }

    [Fact]
    public async Task A_server_that_repeats_the_secret_does_not_bring_it_into_the_result()
    {
        var response = Base64("\0user\0" + Secret);
        var result = await SendOnceAsync(
            async server =>
            {
                await PlayAsync(server, "PLAIN", $"C: AUTH PLAIN {response}", $"S: 535 bad line AUTH PLAIN {response}");
                await server.UntilClosedAsync();
            },
            with: Password);
        result.Reply!.ToString().ShouldBe("535 ***");
        result.Conversation.ToString().ShouldNotContain(response);
    }

    [Fact]
    public async Task Under_TLS_a_password_is_shown_and_mail_follows()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync("250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n");
                await server.ExpectAsync("STARTTLS\r\n");
                await server.SendAsync("220 go\r\n");
                await server.StartTlsAsync(TestCertificates.Good);
                await server.ExpectAsync("EHLO client.test\r\n");
                await server.SendAsync(Offers("PLAIN"));
                await server.ExpectAsync($"AUTH PLAIN {Base64("\0user\0" + Secret)}\r\n");
                await server.SendAsync("235 welcome\r\n");
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            },
            with: settings => settings with
            {
                Host = "localhost",
                Security = SmtpSecurity.StartTls,
                TrustedRoots = TestCertificates.Roots,
                Credentials = SmtpCredentials.Password("user", Secret),
            });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Conversation.ToString());
    }

    [Fact]
    public void Credentials_and_settings_do_not_print_their_secret()
    {
        var settings = Password(Settings(25));
        settings.ToString().ShouldNotContain(Secret);
        settings.Credentials!.ToString()!.ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("us\0er", "x")]
    [InlineData("user", "x\0y")]
    public void Credentials_with_a_NUL_are_refused(string user, string password) =>
        Should.Throw<SmtpArgumentException>(() => SmtpCredentials.Password(user, password)).Message.ShouldNotContain(password);
}
