using System.Security.Cryptography.X509Certificates;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpTlsTests
{
    private const string OffersTls = "250-test\r\n250-PIPELINING\r\n250-SIZE 5\r\n250 STARTTLS\r\n";

    private static SmtpSettings Tls(SmtpSettings settings) => settings with
    {
        Host = "localhost",
        Security = SmtpSecurity.StartTls,
        TrustedRoots = TestCertificates.Roots,
    };

    private static async Task UpgradeAsync(ScriptedSession server, X509Certificate2 certificate)
    {
        await server.GreetAsync(OffersTls);
        await server.ExpectAsync("STARTTLS\r\n");
        await server.SendAsync("220 go ahead\r\n");
        await server.StartTlsAsync(certificate);
    }

    private static async Task TakeOneAsync(ScriptedSession server)
    {
        await server.ExpectAsync("EHLO client.test\r\n");
        await server.SendAsync(ScriptedSession.PipeliningEhlo);
        await server.TakeMailAsync();
        await server.UntilClosedAsync(quit: true);
    }

    [Fact]
    public async Task After_STARTTLS_the_client_greets_again_and_forgets_what_was_offered_in_the_clear()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await UpgradeAsync(server, TestCertificates.Good);
                await TakeOneAsync(server);
            },
            with: Tls);
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Conversation.ToString());
        result.Conversation.ToString().ShouldContain("* Tls1");
    }

    [Fact]
    public async Task A_connection_under_TLS_carries_the_next_mail()
    {
        await using var server = new ScriptedServer(async session =>
        {
            await UpgradeAsync(session, TestCertificates.Good);
            await session.ExpectAsync("EHLO client.test\r\n");
            await session.SendAsync(ScriptedSession.PipeliningEhlo);
            await session.TakeMailAsync();
            await session.TakeMailAsync();
            await session.UntilClosedAsync(quit: true);
        });
        await using var pool = Pool(server, with: Tls);
        (await pool.SendAsync(Envelope(), Message)).Outcome.ShouldBe(SmtpOutcome.Accepted);
        var second = await pool.SendAsync(Envelope(), Message);
        second.Outcome.ShouldBe(SmtpOutcome.Accepted, second.Conversation.ToString());
        second.ConnectionReused.ShouldBeTrue();
    }

    [Fact]
    public async Task Implicit_TLS_comes_before_the_greeting()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.StartTlsAsync(TestCertificates.Good);
                await server.SendAsync("220 test\r\n");
                await TakeOneAsync(server);
            },
            with: settings => Tls(settings) with { Security = SmtpSecurity.ImplicitTls });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Conversation.ToString());
    }

    public static TheoryData<string, string> BadCertificates => new()
    {
        { nameof(TestCertificates.Expired), "NotTimeValid" },
        { nameof(TestCertificates.OtherHost), "not for localhost" },
        { nameof(TestCertificates.SelfSigned), "Root" },
    };

    private static X509Certificate2 Certificate(string name) => name switch
    {
        nameof(TestCertificates.Expired) => TestCertificates.Expired,
        nameof(TestCertificates.OtherHost) => TestCertificates.OtherHost,
        nameof(TestCertificates.SelfSigned) => TestCertificates.SelfSigned,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such certificate."),
    };

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task A_bad_certificate_is_refused_and_the_reason_is_named(string name, string reason)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                // With TLS 1.3 the server's side may be done before the client refuses.
                await Record.ExceptionAsync(() => UpgradeAsync(server, Certificate(name)));
            },
            with: Tls);
        result.Outcome.ShouldBe(SmtpOutcome.TlsFailed);
        result.Phase.ShouldBe(SmtpPhase.Tls);
        result.Detail.ShouldContain(reason);
    }

    [Theory]
    [MemberData(nameof(BadCertificates))]
    public async Task A_bad_certificate_passes_where_checks_are_switched_off(string name, string reason)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await UpgradeAsync(server, Certificate(name));
                await TakeOneAsync(server);
            },
            with: settings => Tls(settings) with { InsecureSkipVerify = true });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, reason);
    }

    [Fact]
    public async Task A_root_that_is_not_the_systems_is_not_trusted_by_itself()
    {
        var result = await SendOnceAsync(
            async server => await Record.ExceptionAsync(() => UpgradeAsync(server, TestCertificates.Good)),
            with: settings => Tls(settings) with { TrustedRoots = null });
        result.Outcome.ShouldBe(SmtpOutcome.TlsFailed, result.Detail);
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001\0\u002a\u0002\0\0\u0026\u0003\u0001xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\0\0\u002f\0")]
    [InlineData("\u0015\u0003\u0001\0\u0002\u0002F")]
    [InlineData("500 what is this\r\n")]
    [InlineData("")]
    public async Task A_server_of_TLS_1_0_or_none_fails_the_handshake(string answer)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync(OffersTls);
                await server.ExpectAsync("STARTTLS\r\n");
                await server.SendAsync("220 go ahead\r\n");
                await server.ReadAsync(5);
                await server.SendAsync(answer);
            },
            with: Tls);
        result.Outcome.ShouldBe(SmtpOutcome.TlsFailed, result.Detail);
        result.Phase.ShouldBe(SmtpPhase.Tls);
    }

    [Fact]
    public async Task Plain_text_behind_the_220_is_an_injection_and_ends_the_connection()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync(OffersTls);
                await server.ExpectAsync("STARTTLS\r\n");
                await server.SendAsync("220 go ahead\r\n250-evil\r\n250 AUTH PLAIN\r\n");
                await server.UntilClosedAsync();
            },
            with: Tls);
        result.Outcome.ShouldBe(SmtpOutcome.ProtocolError);
        result.Phase.ShouldBe(SmtpPhase.StartTls);
        result.Detail.ShouldContain("inject");
    }

    [Fact]
    public async Task Without_an_offer_nothing_is_sent_where_TLS_is_required()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync();
                await server.UntilClosedAsync();
            },
            with: Tls);
        result.Outcome.ShouldBe(SmtpOutcome.StartTlsUnavailable);
        result.Phase.ShouldBe(SmtpPhase.StartTls);
    }

    [Theory]
    [InlineData("454 4.3.0 not now\r\n", SmtpOutcome.StartTlsUnavailable)]
    [InlineData("501 5.5.4 no\r\n", SmtpOutcome.StartTlsUnavailable)]
    [InlineData("421 4.3.2 closing\r\n", SmtpOutcome.Deferred)]
    [InlineData("354 what\r\n", SmtpOutcome.ProtocolError)]
    [Trait("Requirement", "C32")]
    public async Task A_refused_STARTTLS_ends_the_send_where_TLS_is_required(string reply, SmtpOutcome outcome)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync(OffersTls);
                await server.ExpectAsync("STARTTLS\r\n");
                await server.SendAsync(reply);
                await server.UntilClosedAsync();
            },
            with: Tls);
        result.Outcome.ShouldBe(outcome, result.Detail);
        result.Reply.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_TLS_is_optional_the_mail_goes_in_the_clear_without_it(bool offered)
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.GreetAsync(offered ? "250-test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 STARTTLS\r\n" : ScriptedSession.PipeliningEhlo);
                if (offered)
                {
                    await server.ExpectAsync("STARTTLS\r\n");
                    await server.SendAsync("454 4.3.0 not now\r\n");
                }
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            },
            with: settings => Tls(settings) with { Security = SmtpSecurity.StartTlsIfOffered });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
    }

    [Fact]
    public async Task A_connection_that_ends_inside_TLS_is_lost_before_the_dot_and_uncertain_after_it()
    {
        var before = await SendOnceAsync(
            async server =>
            {
                await UpgradeAsync(server, TestCertificates.Good);
                await server.ExpectAsync("EHLO client.test\r\n");
                await server.SendAsync(ScriptedSession.PipeliningEhlo);
                await server.ExpectAsync(ScriptedSession.Envelope);
            },
            with: Tls);
        before.Outcome.ShouldBe(SmtpOutcome.ConnectionLost, before.Detail);

        var after = await SendOnceAsync(
            async server =>
            {
                await UpgradeAsync(server, TestCertificates.Good);
                await server.ExpectAsync("EHLO client.test\r\n");
                await server.SendAsync(ScriptedSession.PipeliningEhlo);
                await server.ExpectAsync(ScriptedSession.Envelope);
                await server.SendAsync("250 ok\r\n250 ok\r\n354 go\r\n");
                await server.ReadMessageAsync();
            },
            with: Tls);
        after.Outcome.ShouldBe(SmtpOutcome.Uncertain, after.Detail);
    }
}
