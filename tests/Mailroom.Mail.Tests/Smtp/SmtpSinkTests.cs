using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpSinkTests
{
    private static SmtpConnectionPool Pool(SmtpSink sink) =>
        new(Settings(sink.Port) with { Deadlines = new SmtpDeadlines { Whole = ScriptedServer.Patience } });

    [Fact]
    public async Task A_thousand_mails_over_few_connections_are_all_taken()
    {
        await using var sink = await SmtpSink.StartAsync();
        await using var pool = new SmtpConnectionPool(Settings(sink.Port) with
        {
            Deadlines = new SmtpDeadlines { Whole = ScriptedServer.Patience },
            MaxConnections = 4,
            MaxMailsPerConnection = 100,
        });
        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => pool.SendAsync(Envelope("x@example.com", "y@example.com"), Message).AsTask()));
        results.ShouldAllBe(result => result.Outcome == SmtpOutcome.Accepted);
    }

    [Theory]
    [InlineData("-q", "connect", SmtpOutcome.ConnectionLost)]
    [InlineData("-q", "ehlo", SmtpOutcome.ConnectionLost)]
    [InlineData("-q", "mail", SmtpOutcome.ConnectionLost)]
    [InlineData("-q", "rcpt", SmtpOutcome.ConnectionLost)]
    [InlineData("-q", "data", SmtpOutcome.ConnectionLost)]
    [InlineData("-q", ".", SmtpOutcome.Uncertain)]
    [InlineData("-Q", "mail", SmtpOutcome.Deferred)]
    [InlineData("-Q", "rcpt", SmtpOutcome.Deferred)]
    [InlineData("-Q", ".", SmtpOutcome.Deferred)]
    [InlineData("-r", "mail", SmtpOutcome.Deferred)]
    [InlineData("-r", "rcpt", SmtpOutcome.Deferred)]
    [InlineData("-r", "data", SmtpOutcome.Deferred)]
    [InlineData("-r", ".", SmtpOutcome.Deferred)]
    [InlineData("-f", "connect", SmtpOutcome.Rejected)]
    [InlineData("-f", "mail", SmtpOutcome.Rejected)]
    [InlineData("-f", "rcpt", SmtpOutcome.Rejected)]
    [InlineData("-f", "data", SmtpOutcome.Rejected)]
    [InlineData("-f", ".", SmtpOutcome.Rejected)]
    public async Task A_server_that_misbehaves_at_a_command_is_classed(string flag, string command, SmtpOutcome outcome)
    {
        await using var sink = await SmtpSink.StartAsync(flag, command);
        await using var pool = Pool(sink);
        var result = await pool.SendAsync(Envelope(), Message);
        result.Outcome.ShouldBe(outcome, result.Conversation.ToString());
    }

    [Theory]
    [InlineData("-p")]
    [InlineData("-e")]
    [InlineData("-E")]
    [InlineData("-N")]
    [InlineData("-8")]
    public async Task A_server_without_some_extension_still_takes_plain_mail(string flag)
    {
        await using var sink = await SmtpSink.StartAsync(flag);
        await using var pool = Pool(sink);
        for (var i = 0; i < 2; i++)
        {
            var result = await pool.SendAsync(Envelope(), Message);
            result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Conversation.ToString());
        }
    }

    [Fact]
    public async Task A_password_is_taken()
    {
        await using var sink = await SmtpSink.StartAsync();
        await using var pool = new SmtpConnectionPool(Settings(sink.Port) with
        {
            Deadlines = new SmtpDeadlines(),
            Credentials = SmtpCredentials.Password("user", "secret"),
            AllowCleartextAuthentication = true,
        });
        var result = await pool.SendAsync(Envelope(), Message);
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Conversation.ToString());
        result.Conversation.ToString().ShouldContain("> AUTH PLAIN ***");
    }
}
