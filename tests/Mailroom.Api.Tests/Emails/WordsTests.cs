using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Tests.Emails;

/// <summary>What times, statuses and attempts are turned into.</summary>
public sealed class WordsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 9, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-02-01T00:00:00Z", "2026-02-01T00:00:00.000Z", false)]
    [InlineData("2026-02-01T00:00:00.123456Z", "2026-02-01T00:00:00.123Z", false)]
    [InlineData("2026-02-01T00:00:00+02:00", "2026-01-31T22:00:00.000Z", false)]
    [InlineData("2026-02-01T00:00:00.123456+00:00", "2026-02-01T00:00:00.123Z", false)]
    [InlineData("2026-02-01t00:00:00z", "2026-02-01T00:00:00.000Z", false)]
    [InlineData("2026-02-01 00:00:00-01:00", "2026-02-01T01:00:00.000Z", false)]
    [InlineData("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z", false)]
    [InlineData("in 1 min", "2026-01-31T09:31:00.000Z", true)]
    [InlineData("In 30 Seconds", "2026-01-31T09:30:30.000Z", true)]
    [InlineData("in an hour", "2026-01-31T10:30:00.000Z", true)]
    [InlineData("in 2 hours", "2026-01-31T11:30:00.000Z", true)]
    [InlineData("in 3  days", "2026-02-03T09:30:00.000Z", true)]
    [InlineData("in 365 days", "2027-01-31T09:30:00.000Z", true)]
    public void A_time_to_send_at_is_understood(string text, string at, bool isRelative)
    {
        SendTime.TryParse(text, Now, out var time, out _).ShouldBeTrue();
        (time.At.ToString(), time.IsRelative).ShouldBe((at, isRelative));
    }

    [Theory]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("tomorrow at 9am")]
    [InlineData("in")]
    [InlineData("in 1")]
    [InlineData("in one hour")]
    [InlineData("in 1 hour 5 minutes")]
    [InlineData("in +1 hour")]
    [InlineData("in 1.5 hours")]
    [InlineData("in 366 days")]
    [InlineData("in 99999999999999999999 days")]
    [InlineData("2027-06-01T00:00:00Z")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-02-01T24:00:00Z")]
    [InlineData("2026-02-01T00:00:00")]
    [InlineData("2026-02-01")]
    [InlineData("1969-02-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void Any_other_words_are_refused(string text)
    {
        SendTime.TryParse(text, Now, out _, out var error).ShouldBeFalse();
        error.ShouldStartWith("must");
    }

    [Theory]
    [InlineData(DeliveryStatus.Scheduled, 0, "scheduled")]
    [InlineData(DeliveryStatus.Queued, 0, "queued")]
    [InlineData(DeliveryStatus.Queued, 1, "delivery_delayed")]
    [InlineData(DeliveryStatus.Rendered, 1, "delivery_delayed")]
    [InlineData(DeliveryStatus.Sending, 1, "queued")]
    [InlineData(DeliveryStatus.Sending, 2, "delivery_delayed")]
    [InlineData(DeliveryStatus.Sent, 1, "sent")]
    [InlineData(DeliveryStatus.Delivered, 1, "delivered")]
    [InlineData(DeliveryStatus.Bounced, 1, "bounced")]
    [InlineData(DeliveryStatus.Complained, 1, "complained")]
    [InlineData(DeliveryStatus.Suppressed, 0, "suppressed")]
    [InlineData(DeliveryStatus.Failed, 1, "failed")]
    [InlineData(DeliveryStatus.DeadLetter, 4, "failed")]
    [InlineData(DeliveryStatus.Expired, 1, "failed")]
    [InlineData(DeliveryStatus.Canceled, 0, "canceled")]
    [InlineData(DeliveryStatus.Uncertain, 1, "delivery_delayed")]
    public void Each_status_has_a_word_of_resends(DeliveryStatus status, int attempts, string word) =>
        LastEvent.Of(new DeliveryState { Status = status, LastAttemptNo = attempts }).ShouldBe(word);

    [Theory]
    [InlineData("a@b.c", null, "a@b.c")]
    [InlineData("a@b.c", "Ann", "Ann <a@b.c>")]
    [InlineData("a@b.c", "Ann \"A\" \\ Inc.", "\"Ann \\\"A\\\" \\\\ Inc.\" <a@b.c>")]
    [InlineData("a@b.c", "Änn", "Änn <a@b.c>")]
    public void A_mailbox_is_written_so_that_it_can_be_read_again(string address, string? name, string text)
    {
        MailboxText.Of(new Mailbox(address, name)).ShouldBe(text);
        Mailroom.Mail.Mime.MailboxAddress.TryParse(text.Replace("b.c", "b.cc", StringComparison.Ordinal), out var mailbox, out _).ShouldBeTrue();
        mailbox!.Name.ShouldBe(name);
    }
}
