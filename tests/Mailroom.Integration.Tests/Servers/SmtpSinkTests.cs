using System.Text;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

public sealed class SmtpSinkTests
{
    [Fact]
    public async Task Mails_of_smtp_source_arrive_and_can_be_read_back()
    {
        await using var sink = await SmtpSink.Start(keepMails: true);

        await SmtpSource.Send(sink.Port, mails: 20, connections: 4, from: "a@mailroom.test", to: "b@example.test");

        await sink.WaitForMails(20);
        sink.Mails.ShouldBe(20);
        var mails = sink.ReadMails().Select(Encoding.UTF8.GetString).ToList();
        mails.Count.ShouldBe(20);
        mails.ShouldAllBe(mail => mail.Contains("X-Mail-Args: <a@mailroom.test>") && mail.Contains("X-Rcpt-Args: <b@example.test>"));
    }

    [Theory]
    [InlineData("-r", "RCPT", "450", 0)]
    [InlineData("-f", "RCPT", "500", 0)]
    [InlineData("-f", ".", "500", 1)]
    [InlineData("-q", "MAIL", "lost connection", 0)]
    public async Task A_flag_makes_it_refuse_or_break_off(string flag, string command, string complaint, int read)
    {
        await using var sink = await SmtpSink.Start([flag, command]);

        var refused = await Should.ThrowAsync<SmtpSourceException>(() => SmtpSource.Send(sink.Port));

        refused.Message.ShouldContain(complaint);
        sink.Mails.ShouldBe(read);
    }

    [Fact]
    public async Task A_flag_that_does_not_exist_fails_the_start_with_what_the_server_says() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => SmtpSink.Start(["-!"])))
            .Message.ShouldContain("usage:");

    [Fact]
    public async Task A_wait_for_mail_that_does_not_come_ends_at_its_deadline_and_says_what_came()
    {
        await using var sink = await SmtpSink.Start();
        await SmtpSource.Send(sink.Port);
        await sink.WaitForMails(1);

        var missed = await Should.ThrowAsync<DeadlinePassedException>(() => sink.WaitForMails(2, TimeSpan.FromMilliseconds(50)));

        missed.Message.ShouldContain("2 mails in smtp-sink");
        missed.Message.ShouldContain("1 came");
    }
}
