using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp;

public class SmtpConversationTests
{
    [Fact]
    public async Task A_conversation_reads_like_the_wire_without_the_message()
    {
        var time = new ManualTimeProvider();
        await using var server = new ScriptedServer(async session =>
        {
            await session.SendAsync("220 test ready\r\n");
            await session.ExpectAsync("EHLO client.test\r\n");
            time.Advance(TimeSpan.FromMilliseconds(12));
            await session.SendAsync("250-test\r\n250-SIZE 1000\r\n250 PIPELINING\r\n");
            await session.TakeMailAsync();
            await session.UntilClosedAsync(quit: true);
        });
        await using var pool = Pool(server, time);
        var result = await pool.SendAsync(Envelope(), Message);
        result.Conversation.ToString().ShouldBe($"""
            +0ms * connected to 127.0.0.1:{server.Port}
            +0ms < 220 test ready
            +0ms > EHLO client.test
            +12ms < 250-test
            < 250-SIZE 1000
            < 250 PIPELINING
            +12ms > MAIL FROM:<a@example.com> SIZE=21
            +12ms > RCPT TO:<b@example.com>
            +12ms > DATA
            +12ms < 250 2.1.0 ok
            +12ms < 250 2.1.5 ok
            +12ms < 354 go
            +12ms > (message, 21 bytes)
            +12ms < 250 2.0.0 taken
            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_long_conversation_keeps_its_head_and_its_end()
    {
        var conversation = new SmtpConversation(TimeProvider.System, TimeProvider.System.GetTimestamp());
        conversation.Remark("first");
        for (var i = 0; i < 5000; i++)
        {
            conversation.Rcpt($"recipient-{i}@example.com");
        }
        var text = conversation.ToString();
        text.Length.ShouldBeLessThanOrEqualTo(SmtpConversation.MaxLength);
        text.ShouldContain("* first");
        text.ShouldContain("(lines left out)");
        text.ShouldContain("more left out)");
    }

    [Fact]
    public void One_absurd_line_is_cut_too()
    {
        var conversation = new SmtpConversation(TimeProvider.System, TimeProvider.System.GetTimestamp());
        conversation.Remark(new string('x', 100_000));
        conversation.ToString().Length.ShouldBeLessThanOrEqualTo(SmtpConversation.MaxLength);
    }
}
