using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

/// <summary>One delivery is one envelope, and its recipients may fare differently.</summary>
public sealed class RecipientTests
{
    private static readonly Instant Later = Mails.T0 + TimeSpan.FromMinutes(2);

    private static readonly SettleUncertain WasSent = new(UncertainVerdict.WasSent, "operator");

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

    [Fact]
    public void What_nobody_knows_is_sent_again_and_what_was_refused_is_not()
    {
        var after = Mails.Finished(Mails.Sending(), Unknown(RecipientStatus.Failed, RecipientStatus.Uncertain));

        after.Status.ShouldBe(DeliveryStatus.Queued);
        after.PendingRecipients().ShouldBe([1]);
    }

    [Fact]
    public void A_second_attempt_that_nobody_knows_the_end_of_says_so_of_whom_it_addressed()
    {
        Mails.Finished(SendingTheRest, Reports.Uncertain, Later).Recipients.ShouldBe([RecipientStatus.Sent, RecipientStatus.Uncertain]);
        Mails.Finished(Mails.Sending(), Reports.Uncertain).Recipients.ShouldBeEmpty();
    }

    [Fact]
    public void A_held_mail_that_was_sent_after_all_was_not_sent_to_whom_the_server_refused()
    {
        var settled = Mails.When(Held(RecipientStatus.Failed, RecipientStatus.Uncertain), WasSent);

        settled.After.Status.ShouldBe(DeliveryStatus.Sent);
        settled.After.Recipients.ShouldBe([RecipientStatus.Failed, RecipientStatus.Sent]);
        Mails.When(settled.After, WasSent).Events.ShouldBeEmpty();
    }

    [Fact]
    public void Once_a_held_mail_is_settled_it_goes_to_whom_the_server_had_put_off()
    {
        var settled = Mails.When(Held(RecipientStatus.Uncertain, RecipientStatus.Pending), WasSent, Later);

        settled.After.Status.ShouldBe(DeliveryStatus.Queued);
        settled.After.DueAt.ShouldBe(Later);
        settled.Effects.ShouldHaveSingleItem().ShouldBeOfType<AwaitSlot>();
        settled.After.PendingRecipients().ShouldBe([1]);
        Mails.When(settled.After, WasSent, Later).Events.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(UncertainVerdict.SendAgain, DeliveryStatus.Queued)]
    [InlineData(UncertainVerdict.GiveUp, DeliveryStatus.Failed)]
    public void The_other_verdicts_on_a_held_mail_are_for_all_that_the_server_did_not_refuse(UncertainVerdict verdict, DeliveryStatus status)
    {
        var settled = Mails.When(Held(RecipientStatus.Uncertain, RecipientStatus.Pending), new SettleUncertain(verdict, "operator"));

        settled.After.Status.ShouldBe(status);
        settled.After.PendingRecipients().ShouldBe([0, 1]);
    }

    [Fact]
    public void A_word_on_one_of_an_uncertain_attempt_shows_that_the_others_of_it_were_sent()
    {
        var uncertain = Mails.Finished(Mails.Sending(Mails.Accept(Mails.Request(3))), Unknown(RecipientStatus.Uncertain, RecipientStatus.Failed, RecipientStatus.Uncertain));

        var told = Mails.When(uncertain, DeliveredTo(0)).After;

        told.Status.ShouldBe(DeliveryStatus.Delivered);
        told.Recipients.ShouldBe([RecipientStatus.Delivered, RecipientStatus.Failed, RecipientStatus.Sent]);
    }

    [Fact]
    public void A_word_on_one_of_an_uncertain_attempt_does_not_give_up_the_one_that_was_put_off()
    {
        var uncertain = Mails.Finished(Mails.Sending(), Unknown(RecipientStatus.Uncertain, RecipientStatus.Pending));

        var told = Mails.When(uncertain, DeliveredTo(0)).After;

        told.Status.ShouldBe(DeliveryStatus.Queued);
        told.PendingRecipients().ShouldBe([1]);
        Mails.When(Held(RecipientStatus.Uncertain, RecipientStatus.Pending), DeliveredTo(0)).After.Status.ShouldBe(DeliveryStatus.Queued);
    }

    [Fact]
    public void A_word_on_a_held_mail_that_says_nothing_of_what_it_is_held_for_sends_nothing()
    {
        var held = Mails.Finished(Mails.Sending(Mails.Accept() with { OnUncertain = UncertainPolicy.Hold }), Reports.Uncertain)
            with { Recipients = [RecipientStatus.Sent, RecipientStatus.Pending] };

        Mails.When(held, DeliveredTo(0)).After.Status.ShouldBe(DeliveryStatus.Uncertain);
    }

    private static AttemptReport Unknown(params IEnumerable<RecipientStatus> recipients) => Reports.Uncertain with { Recipients = Reports.Partly(recipients).Recipients };

    private static DeliveryState Held(params IEnumerable<RecipientStatus> recipients) =>
        Mails.Finished(Mails.Sending(Mails.Accept() with { OnUncertain = UncertainPolicy.Hold }), Unknown(recipients));

    private static ProviderReported DeliveredTo(int position) => new(DeliveryStatus.Delivered, [new(position, RecipientStatus.Delivered, null)], null);
}
