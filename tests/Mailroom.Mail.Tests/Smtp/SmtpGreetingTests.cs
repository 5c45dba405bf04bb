using System.Net;
using System.Net.Sockets;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpGreetingTests
{
    [Theory]
    [InlineData("421 too busy\r\n", SmtpOutcome.Deferred)]
    [InlineData("450 later\r\n", SmtpOutcome.Deferred)]
    [InlineData("554 5.3.2 no service\r\n", SmtpOutcome.Rejected)]
    [InlineData("250 hello\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("354 hello\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("2200 four digits\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("120 soon\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("220-one\r\n250 two\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("220 a\0b\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("220 a\rb\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("", SmtpOutcome.ConnectionLost)]
    [InlineData("220 half a li", SmtpOutcome.ConnectionLost)]
    public async Task A_greeting_is_classed(string greeting, SmtpOutcome expected)
    {
        var result = await SendOnceAsync(server => server.SendAsync(greeting));
        result.Outcome.ShouldBe(expected, result.Detail);
        result.Phase.ShouldBe(SmtpPhase.Greeting);
        result.FinalDotSent.ShouldBeFalse();
        result.Recipients.ShouldAllBe(recipient => recipient.Outcome == SmtpRecipientOutcome.NotReached);
    }

    [Fact]
    public async Task A_reset_after_accept_is_certain_whether_it_comes_before_or_after_the_connect_returns()
    {
        var result = await SendOnceAsync(server => server.ResetAsync().AsTask());
        result.Outcome.ShouldBeOneOf(SmtpOutcome.ConnectionLost, SmtpOutcome.ConnectFailed);
        result.Phase.ShouldBe(result.Outcome == SmtpOutcome.ConnectFailed ? SmtpPhase.Connect : SmtpPhase.Greeting);
    }

    [Fact]
    public async Task A_refused_connection_is_named_and_certain()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await using var pool = new SmtpConnectionPool(Settings(port), time: new ManualTimeProvider());
        var result = await pool.SendAsync(Envelope(), Message);
        result.Outcome.ShouldBe(SmtpOutcome.ConnectFailed);
        result.Detail.ShouldContain($"127.0.0.1:{port}");
        result.RemoteAddress.ShouldBeNull();
    }

    [Theory]
    [InlineData("220-one\r\n220-two\r\n220 three\r\n")]
    [InlineData("220\r\n")]
    [InlineData("220 bare line feed\n")]
    public async Task A_greeting_may_have_many_lines_or_no_text(string greeting)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.SendAsync(greeting);
            await server.ExpectAsync("EHLO client.test\r\n");
            await server.SendAsync(ScriptedSession.PipeliningEhlo);
            await server.TakeMailAsync();
            await server.UntilClosedAsync(quit: true);
        });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
    }

    [Fact]
    public async Task Replies_may_come_one_octet_at_a_time()
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.DripAsync("220-slow\r\n220 greeting\r\n");
            await server.ExpectAsync("EHLO client.test\r\n");
            await server.DripAsync(ScriptedSession.PipeliningEhlo);
            await server.ExpectAsync(ScriptedSession.Envelope);
            await server.DripAsync("250 ok\r\n250 ok\r\n354-go\r\n354 on\r\n");
            await server.ReadMessageAsync();
            await server.DripAsync("250 taken\r\n");
            await server.UntilClosedAsync(quit: true);
        });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
    }

    [Fact]
    public async Task An_endless_reply_is_cut_off()
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.SendAsync(string.Concat(Enumerable.Repeat("220-more\r\n", 101)));
            await server.DrainAsync();
        });
        result.Outcome.ShouldBe(SmtpOutcome.ProtocolError);
        result.Detail.ShouldContain("100 lines");
    }

    [Theory]
    [InlineData(600, SmtpOutcome.Accepted)]
    [InlineData(8 * 1024 + 1, SmtpOutcome.ProtocolError)]
    [InlineData(70 * 1024, SmtpOutcome.ProtocolError)]
    public async Task A_long_line_is_taken_within_reason(int length, SmtpOutcome expected)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.SendAsync("220 " + new string('x', length) + "\r\n");
            if (expected == SmtpOutcome.Accepted)
            {
                await server.ExpectAsync("EHLO client.test\r\n");
                await server.SendAsync(ScriptedSession.PipeliningEhlo);
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            }
        });
        result.Outcome.ShouldBe(expected, result.Detail);
    }

    [Theory]
    [InlineData("500 what\r\n")]
    [InlineData("502 no\r\n")]
    [InlineData("504 never\r\n")]
    public async Task A_server_without_EHLO_is_greeted_with_HELO_and_asked_step_by_step(string refusal)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.SendAsync("220 old\r\n");
            await server.ExpectAsync("EHLO client.test\r\n");
            await server.SendAsync(refusal);
            await server.ExpectAsync("HELO client.test\r\n");
            await server.SendAsync("250 hello\r\n");
            await server.ExpectAsync("MAIL FROM:<a@example.com>\r\n");
            await server.SendAsync("250 ok\r\n");
            await server.ExpectAsync("RCPT TO:<b@example.com>\r\n");
            await server.SendAsync("251 ok\r\n");
            await server.ExpectAsync("DATA\r\n");
            await server.SendAsync("354 go\r\n");
            await server.ReadMessageAsync();
            await server.SendAsync("250 taken\r\n");
            await server.UntilClosedAsync(quit: true);
        });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
    }

    [Theory]
    [InlineData("421 closing\r\n", SmtpOutcome.Deferred)]
    [InlineData("451 later\r\n", SmtpOutcome.Deferred)]
    [InlineData("550 not you\r\n", SmtpOutcome.Rejected)]
    [InlineData("250-a\r\n251 b\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("220 again\r\n", SmtpOutcome.ProtocolError)]
    [InlineData("250 ok\r\n250 and more\r\n", SmtpOutcome.ProtocolError)]
    public async Task A_bad_answer_to_EHLO_is_classed(string reply, SmtpOutcome expected)
    {
        var result = await SendOnceAsync(async server =>
        {
            await server.GreetAsync(reply);
            await server.UntilClosedAsync();
        });
        result.Outcome.ShouldBe(expected, result.Detail);
        result.Phase.ShouldBe(SmtpPhase.Ehlo);
    }

    [Fact]
    public async Task Without_a_name_the_client_greets_with_its_address_literal()
    {
        var result = await SendOnceAsync(
            async server =>
            {
                await server.SendAsync("220 test\r\n");
                await server.ExpectAsync("EHLO [127.0.0.1]\r\n");
                await server.SendAsync(ScriptedSession.PipeliningEhlo);
                await server.TakeMailAsync();
                await server.UntilClosedAsync(quit: true);
            },
            with: settings => settings with { HeloName = null });
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
    }

    [Fact]
    public async Task The_next_address_is_tried_after_a_refusal()
    {
        await using var server = new ScriptedServer(async session =>
        {
            await session.GreetAsync();
            await session.TakeMailAsync();
            await session.UntilClosedAsync(quit: true);
        });
        await using var pool = new SmtpConnectionPool(Settings(server.Port) with { Host = "mail.test" }, new TwoAddresses(), new ManualTimeProvider());
        var result = await pool.SendAsync(Envelope(), Message);
        result.Outcome.ShouldBe(SmtpOutcome.Accepted, result.Detail);
        result.RemoteAddress!.Address.ShouldBe(IPAddress.Loopback);
        result.Conversation.ToString().ShouldContain("127.0.0.2");
    }

    /// <summary>A name with a dead address in front of the living one.</summary>
    private sealed class TwoAddresses : ISmtpNetwork
    {
        public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel) =>
            new([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]);

        public ValueTask<SmtpWire> ConnectAsync(IPEndPoint remote, CancellationToken cancel) =>
            remote.Address.Equals(IPAddress.Loopback)
                ? TcpNetwork.Shared.ConnectAsync(remote, cancel)
                : throw new SocketException((int)SocketError.ConnectionRefused);
    }
}
