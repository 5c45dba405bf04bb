using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

/// <summary>One delivery is one envelope, and its recipients may fare differently.</summary>
public sealed class RecipientTests
{
    private static readonly Instant Later = Mails.T0 + TimeSpan.FromMinutes(2);

    private static DeliveryState PartlySent => Mails.Finished(Mails.Sending(), Reports.Partly(RecipientStatus.Sent, RecipientStatus.Pending));

    private static DeliveryState SendingTheRest => Mails.When(PartlySent, new ClaimAttempt(Mails.Claim(2)), Later).After;

    [Fact]
    public void A_partial_rejection_retries_only_the_rest()
    {
        var again = Mails.When(PartlySent, new ClaimAttempt(Mails.Claim(2)), Later);

        PartlySent.Status.ShouldBe(DeliveryStatus.Queued);
        again.Effects.ShouldHaveSingleItem().ShouldBeOfType<StartAttempt>().Recipients.ShouldBe([1]);
    }

    [Theory]
    [InlineData(AttemptStatus.ProviderAccepted, RecipientStatus.Sent)]
    [InlineData(AttemptStatus.ProviderRejected, RecipientStatus.Failed)]
    public void A_result_for_the_whole_attempt_is_the_result_of_whom_it_addressed(AttemptStatus status, RecipientStatus rest)
    {
        var after = Mails.Finished(SendingTheRest, new() { Status = status }, Later);

        after.Status.ShouldBe(DeliveryStatus.Sent);
        after.Recipients.ShouldBe([RecipientStatus.Sent, rest]);
    }

    [Fact]
    public void A_mail_that_everybody_refused_is_failed()
    {
        var report = Reports.Rejected with { Recipients = [new(0, RecipientStatus.Failed, null), new(1, RecipientStatus.Failed, null)] };

        Mails.Finished(Mails.Sending(), report).Status.ShouldBe(DeliveryStatus.Failed);
    }

    [Fact]
    public void A_rejection_of_one_keeps_trying_the_others()
    {
        var after = Mails.Finished(Mails.Sending(), Reports.Rejected with { Recipients = [new(0, RecipientStatus.Failed, null)] });

        after.Status.ShouldBe(DeliveryStatus.Queued);
        after.PendingRecipients().ShouldBe([1]);
    }

    [Fact]
    public void A_word_on_one_that_was_sent_does_not_give_up_the_one_that_was_put_off()
    {
        var word = new ProviderReported(DeliveryStatus.Delivered, [new(0, RecipientStatus.Delivered, null)], null);

        var told = Mails.When(PartlySent, word);

        told.After.Status.ShouldBe(DeliveryStatus.Queued);
        told.After.DueAt.ShouldBe(PartlySent.DueAt);
        told.After.Recipients.ShouldBe([RecipientStatus.Delivered, RecipientStatus.Pending]);
        Mails.When(told.After, word).Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_word_on_one_that_was_sent_does_not_settle_the_attempt_for_the_rest()
    {
        var word = new ProviderReported(DeliveryStatus.Delivered, [new(0, RecipientStatus.Delivered, null)], null);
        var told = Mails.When(SendingTheRest, word, Later).After;

        Mails.Finished(told, Reports.Unreachable, Later).Status.ShouldBe(DeliveryStatus.Queued);
        Mails.Finished(told, Reports.Rejected, Later).Status.ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void A_word_from_an_earlier_attempt_is_not_taken_for_one_on_the_next()
    {
        var word = new ProviderReported(DeliveryStatus.Delivered, [new(0, RecipientStatus.Delivered, null)], null);
        var told = Mails.When(Mails.Sending(), word).After;
        var rest = Mails.Finished(told, Reports.Partly(RecipientStatus.Sent, RecipientStatus.Pending));
        var sendingTheRest = Mails.When(rest, new ClaimAttempt(Mails.Claim(2)), Later).After;

        Mails.Finished(sendingTheRest, Reports.Unreachable, Later).Status.ShouldBe(DeliveryStatus.Queued);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_word_on_anybody_of_an_uncertain_attempt_shows_that_the_mail_was_taken(int position)
    {
        var uncertain = Mails.Finished(Mails.Sending(), Reports.Uncertain);

        var told = Mails.When(uncertain, new ProviderReported(DeliveryStatus.Delivered, [new(position, RecipientStatus.Delivered, null)], null));

        told.After.Status.ShouldBe(DeliveryStatus.Delivered);
    }

    [Fact]
    public void A_word_that_comes_while_the_attempt_runs_settles_what_the_attempt_did_not_learn()
    {
        var told = Mails.When(Mails.Sending(), new ProviderReported(DeliveryStatus.Bounced, [], null)).After;

        told.Status.ShouldBe(DeliveryStatus.Sending);
        Mails.Finished(told, Reports.TimedOut).Status.ShouldBe(DeliveryStatus.Bounced);
        Mails.Finished(told, Reports.Accepted).Status.ShouldBe(DeliveryStatus.Bounced);
    }

    [Fact]
    public void A_word_on_a_recipient_that_does_not_exist_changes_nobody()
    {
        var told = Mails.When(Mails.In(DeliveryStatus.Sent), new ProviderReported(DeliveryStatus.Sent, [new(17, RecipientStatus.Bounced, null), new(-1, RecipientStatus.Bounced, null)], null));

        told.After.Recipients.ShouldAllBe(status => status == RecipientStatus.Pending);
    }

    [Fact]
    public void A_worse_word_on_a_recipient_is_never_taken_back()
    {
        var bounced = Mails.When(Mails.In(DeliveryStatus.Sent), new ProviderReported(DeliveryStatus.Bounced, [new(0, RecipientStatus.Bounced, null)], null)).After;

        var told = Mails.When(bounced, new ProviderReported(DeliveryStatus.Delivered, [new(0, RecipientStatus.Delivered, null)], null));

        told.Events.ShouldBeEmpty();
    }
}
