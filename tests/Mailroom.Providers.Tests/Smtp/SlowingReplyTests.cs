using Mailroom.Mail.Smtp;
using Mailroom.Providers.Smtp;

namespace Mailroom.Providers.Tests.Smtp;

/// <summary>Which throttle replies are about the whole org's calls, and for how long.</summary>
public sealed class SlowingReplyTests
{
    [Theory]
    [InlineData(454, "4.7.0 Throttling failure: Maximum sending rate exceeded", 30, 5)]
    [InlineData(421, "4.7.0 Too many connections, try again in 2 minutes", 120, 120)]
    [InlineData(421, "4.7.0 Slow down, try again after 90 seconds", 90, 90)]
    [InlineData(450, "4.2.1 The mailbox gets mail too fast, try again in 3 minutes", 180, null)]
    [InlineData(451, "4.7.1 Rate limit of this recipient", 30, null)]
    [InlineData(421, "4.3.2 The service shuts down", null, null)]
    [InlineData(454, "4.7.0 Temporary authentication failure", null, null)]
    [InlineData(550, "5.7.1 Too many messages", null, null)]
    public void A_reply_about_the_channel_slows_the_org_and_one_about_a_recipient_only_its_mail(int code, string text, int? mail, int? org)
    {
        var reply = new SmtpReply(code, text);

        ReplyClass.Throttle(reply).ShouldBe(mail is { } wait ? TimeSpan.FromSeconds(wait) : null);
        ReplyClass.Slows(reply).ShouldBe(org is { } pause ? TimeSpan.FromSeconds(pause) : null);
    }
}
