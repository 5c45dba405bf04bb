using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

public sealed class DeliveryTests
{
    private static readonly Instant T0 = Mails.T0;

    [Theory]
    [InlineData(UncertainPolicy.Retry, DeliveryStatus.Queued)]
    [InlineData(UncertainPolicy.Hold, DeliveryStatus.Uncertain)]
    [InlineData(UncertainPolicy.Fail, DeliveryStatus.Failed)]
    public void An_uncertain_attempt_ends_as_the_policy_says(UncertainPolicy policy, DeliveryStatus status)
    {
        var sending = Mails.Sending(Mails.Accept() with { OnUncertain = policy });

        Mails.Finished(sending, Reports.Uncertain).Status.ShouldBe(status);
        Mails.When(sending, new ClaimLapsed(sending.Claim!.Token, OwnerLost: true, RetryLadder.Default)).After.Status.ShouldBe(status);
    }

    [Fact]
    public void An_attempt_whose_process_died_is_sent_again_at_once_and_one_whose_connection_died_waits()
    {
        var sending = Mails.Sending();

        var lost = Mails.When(sending, new ClaimLapsed(sending.Claim!.Token, OwnerLost: true, RetryLadder.Default));
        lost.After.DueAt.ShouldBe(T0);
        lost.After.LastAttempt.ShouldBe(AttemptStatus.Uncertain);
        lost.Effects.ShouldBe(
        [
            new AwaitSlot(Mails.Id, OrgId.Default, T0, null),
            new Announce(Mails.Id, OrgId.Default, lost.After.Source, DeliveryStatus.Queued, 1, AttemptStatus.Uncertain, "process_lost", T0),
        ]);
        Mails.Finished(sending, Reports.Uncertain).DueAt!.Value.ShouldBeGreaterThanOrEqualTo(T0 + TimeSpan.FromMinutes(1));
    }

    [Fact]
    [Trait("Requirement", "D17")]
    public void A_claim_that_ran_out_in_a_living_process_is_a_time_out()
    {
        var after = Mails.When(Mails.Sending(), new ClaimLapsed(Mails.Claim().Token, OwnerLost: false, RetryLadder.Default)).After;

        after.LastAttempt.ShouldBe(AttemptStatus.TimedOut);
        after.AttemptsMade.ShouldBe(1);
    }

    [Theory]
    [InlineData(AttemptStatus.TimedOut)]
    [InlineData(AttemptStatus.Uncertain)]
    public void A_late_acceptance_settles_what_was_given_up(AttemptStatus givenUpAs)
    {
        var givenUp = Mails.When(Mails.Sending(), new ClaimLapsed(Mails.Claim().Token, givenUpAs == AttemptStatus.Uncertain, RetryLadder.Default)).After;

        Mails.When(givenUp, new AttemptFinished(Mails.Claim().Token, Reports.Accepted, RetryLadder.Default)).After.Status.ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void A_late_result_of_an_older_attempt_changes_nothing()
    {
        var lapsed = Mails.When(Mails.Sending(), new ClaimLapsed(Mails.Claim().Token, OwnerLost: true, RetryLadder.Default)).After;
        var sendingAgain = Mails.When(lapsed, new ClaimAttempt(Mails.Claim(2))).After;

        Mails.When(sendingAgain, new AttemptFinished(Mails.Claim().Token, Reports.Rejected, RetryLadder.Default)).Events.ShouldBeEmpty();
    }

    [Fact]
    public void A_throttled_send_does_not_use_up_an_attempt()
    {
        var after = Mails.Finished(Mails.Sending(), Reports.Throttled(TimeSpan.FromSeconds(30)));

        after.AttemptsMade.ShouldBe(0);
        after.LastAttemptNo.ShouldBe(1);
        after.DueAt.ShouldBe(T0 + TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(-5, 1)]
    [InlineData(0, 1)]
    [InlineData(90, 90)]
    [InlineData(1_000_000, 3600)]
    public void A_throttle_waits_as_told_between_a_second_and_an_hour(int told, int seconds) =>
        Mails.Finished(Mails.Sending(), Reports.Throttled(TimeSpan.FromSeconds(told))).DueAt.ShouldBe(T0 + TimeSpan.FromSeconds(seconds));

    [Fact]
    public void A_throttle_for_some_recipients_waits_as_told_without_a_ladder_to_climb()
    {
        var report = Reports.Partly(RecipientStatus.Sent, RecipientStatus.Pending) with { ThrottledFor = TimeSpan.FromSeconds(30) };

        var after = Mails.When(Mails.Sending(), new AttemptFinished(Mails.Claim().Token, report, new RetryLadder([]))).After;

        after.DueAt.ShouldBe(T0 + TimeSpan.FromSeconds(30));
        after.AttemptsMade.ShouldBe(0);
    }

    [Fact]
    public void An_interrupted_attempt_goes_back_to_the_line_and_does_not_count()
    {
        var turn = Mails.When(Mails.Sending(), new AttemptFinished(Mails.Claim().Token, Reports.Interrupted, RetryLadder.Default));

        turn.After.ShouldSatisfyAllConditions(
            after => after.Status.ShouldBe(DeliveryStatus.Queued),
            after => after.AttemptsMade.ShouldBe(0),
            after => after.DueAt.ShouldBe(T0));
        turn.Effects.OfType<AwaitSlot>().ShouldHaveSingleItem();
        turn.Effects.OfType<Announce>().ShouldHaveSingleItem().NextAt.ShouldBe(T0);
    }

    [Fact]
    public void Rendered_content_is_kept_with_the_first_attempt_that_has_to_be_repeated()
    {
        var after = Mails.In(DeliveryStatus.Rendered);

        after.HasRendered.ShouldBeTrue();
        Mails.When(after, new ClaimAttempt(Mails.Claim(2)), after.DueAt).Effects.ShouldHaveSingleItem().ShouldBeOfType<StartAttempt>().HasRendered.ShouldBeTrue();
    }

    [Fact]
    public void A_mail_ends_expired_where_its_next_try_would_come_too_late()
    {
        var sending = Mails.Sending(Mails.Accept() with { ExpiresAt = T0 + TimeSpan.FromSeconds(50) });

        Mails.Finished(sending, Reports.Unreachable).Status.ShouldBe(DeliveryStatus.Expired);
        Mails.Finished(sending, Reports.Throttled(TimeSpan.FromSeconds(49))).Status.ShouldBe(DeliveryStatus.Queued);
    }

    [Theory]
    [InlineData(DeliveryStatus.Scheduled)]
    [InlineData(DeliveryStatus.Queued)]
    [InlineData(DeliveryStatus.Rendered)]
    public void A_waiting_mail_expires_when_it_is_woken_or_claimed_too_late(DeliveryStatus status)
    {
        var waiting = Mails.In(status) with { ExpiresAt = T0 + TimeSpan.FromMinutes(8) };
        var late = T0 + TimeSpan.FromMinutes(8);

        Mails.When(waiting, new DueReached(late), late).After.Status.ShouldBe(DeliveryStatus.Expired);
        Mails.When(waiting, new DueReached(late), late + TimeSpan.FromMilliseconds(-1)).After.Status.ShouldNotBe(DeliveryStatus.Expired);
        if (status != DeliveryStatus.Scheduled)
        {
            Mails.When(waiting, new ClaimAttempt(Mails.Claim(2)), late).After.Status.ShouldBe(DeliveryStatus.Expired);
        }
    }

    [Fact]
    public void A_scheduled_mail_is_not_moved_beyond_its_expiry()
    {
        var scheduled = Mails.In(DeliveryStatus.Scheduled) with { ExpiresAt = T0 + TimeSpan.FromHours(1) };

        Mails.When(scheduled, new RescheduleDelivery(T0 + TimeSpan.FromHours(1))).Reply.ShouldBeOfType<Refused>().Code.ShouldBe("after_expiry");
        Mails.When(scheduled, new RescheduleDelivery(T0 + TimeSpan.FromMinutes(59))).After.DueAt.ShouldBe(T0 + TimeSpan.FromMinutes(59));
    }

    [Fact]
    public void Nothing_due_later_is_claimed_or_woken_now()
    {
        var waiting = Mails.In(DeliveryStatus.Rendered);

        Mails.When(waiting, new ClaimAttempt(Mails.Claim(2))).Reply.ShouldBe(new NotClaimed(DeliveryStatus.Rendered));
        Mails.When(waiting, new DueReached(T0)).ShouldSatisfyAllConditions(turn => turn.Events.ShouldBeEmpty(), turn => turn.Effects.ShouldBeEmpty());
    }

    [Fact]
    public void A_small_request_waits_in_memory_and_a_large_one_is_read_again()
    {
        var large = Mails.Request() with { Text = new string('x', 9000) };

        Mails.When(DeliveryState.Absent, Mails.Accept()).Effects.ShouldHaveSingleItem().ShouldBeOfType<AwaitSlot>().Request.ShouldNotBeNull();
        Mails.When(DeliveryState.Absent, Mails.Accept(large)).Effects.ShouldHaveSingleItem().ShouldBeOfType<AwaitSlot>().Request.ShouldBeNull();
    }

    [Fact]
    public void An_accept_of_another_org_never_learns_of_the_mail()
    {
        var another = Mails.Accept() with { Org = new OrgId("org_other") };

        Mails.When(Mails.In(DeliveryStatus.Sent), another).Reply.ShouldBeOfType<Refused>().Code.ShouldBe("id_taken");
    }
}
