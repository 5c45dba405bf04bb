using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Tests.Deliveries;

namespace Mailroom.Actors.Tests.Running;

public sealed class AttemptRunnerTests
{
    private static NewDelivery Templated => MailWorld.Mail("a") with
    {
        Request = Mails.Request() with { Subject = null, Text = null, Template = new("welcome", "en", System.Text.Json.JsonSerializer.SerializeToElement(new { name = "Ada" })) },
    };

    [Fact]
    public void An_outcome_is_told_until_it_is_stored()
    {
        using var world = new MailWorld();
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a"));
        world.Run();
        world.Store.Faults.IsUnavailable = true;
        world.Provider.Answer(Reports.Accepted);

        world.Advance(TimeSpan.FromSeconds(40));
        world.Node.Running.ShouldBe(1);
        world.AttemptEvents.Refused.ShouldContain(NotDone.Late);

        world.Store.Faults.IsUnavailable = false;
        world.Advance(TimeSpan.FromSeconds(15));
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.Node.Running.ShouldBe(0);
        world.Provider.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public void A_slot_is_free_again_as_soon_as_the_attempt_is_over()
    {
        using var world = new MailWorld(slots: 1);
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a"));
        world.Accept(MailWorld.Mail("b"));
        world.Run();
        world.Store.Faults.Hold();
        world.Provider.Answer(Reports.Accepted);
        world.Run();
        world.Provider.Held.ShouldBeEmpty();

        world.Store.Faults.Release();
        world.Run();

        world.Provider.Held.ShouldHaveSingleItem().Id.Value.ShouldBe("b");
    }

    [Fact]
    public void An_outcome_whose_words_cannot_be_stored_is_stored_without_them()
    {
        using var world = new MailWorld();
        world.Store.Faults.PoisonWhen = change =>
            change is Change<DeliveryState, DeliveryEvent> { Events: var events } && events.ToArray().OfType<AttemptEnded>().Any(end => end.Report.Summary is not null);
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a"));
        world.Run();
        world.Provider.Answer(Reports.Accepted with { Summary = "ok" });
        world.Run();

        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.Attempts("a").ShouldHaveSingleItem().Summary.ShouldBeNull();
        world.Provider.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public void Claims_ahead_wait_for_a_slot_and_are_sent_in_turn()
    {
        using var world = new MailWorld(dispatch: new(2, TimeSpan.FromSeconds(45)) { Ahead = 3 });
        world.Provider.Holds = true;
        foreach (var id in new[] { "a", "b", "c", "d", "e", "f" })
        {
            world.Accept(MailWorld.Mail(id));
        }

        world.Run();
        world.Provider.Held.Count.ShouldBe(2);
        world.StatusOf("e").ShouldBe(DeliveryStatus.Sending);
        world.StatusOf("f").ShouldBe(DeliveryStatus.Queued);

        for (var left = 6; left > 0; left--)
        {
            world.Provider.Held.Count.ShouldBe(Math.Min(left, 2));
            world.Provider.Answer(Reports.Accepted);
            world.Run();
        }

        world.Provider.Taken.Count.ShouldBe(6);
        world.StatusOf("f").ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void A_claim_ahead_goes_back_to_the_line_when_the_node_stops()
    {
        using var world = new MailWorld(dispatch: new(1, TimeSpan.FromSeconds(45)) { Ahead = 1 });
        world.Provider.Holds = true;
        world.Provider.IsStubborn = true;
        world.Accept(MailWorld.Mail("a"));
        world.Accept(MailWorld.Mail("b"));
        world.Run();

        var stopped = world.Node.StopAsync(TimeSpan.FromSeconds(10));
        world.Advance(TimeSpan.FromSeconds(6));
        world.Provider.Answer(Reports.Accepted);
        world.Result(stopped, TimeSpan.FromSeconds(10));

        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.StatusOf("b").ShouldBe(DeliveryStatus.Queued);
        world.Attempts("b").ShouldHaveSingleItem().Status.ShouldBe(AttemptStatus.Interrupted);
    }

    [Fact]
    [Trait("Requirement", "D17")]
    public void A_claim_whose_attempt_still_runs_is_left_alone_after_its_deadline()
    {
        using var world = new MailWorld();
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a"));

        world.Advance(TimeSpan.FromMinutes(3));

        world.StatusOf("a").ShouldBe(DeliveryStatus.Sending);
        world.Provider.Answer(Reports.Accepted);
        world.Run();
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.Provider.Taken.Count.ShouldBe(1);
    }

    [Fact]
    public void A_template_is_rendered_once_and_kept_with_the_attempt_that_has_to_be_repeated()
    {
        using var world = new MailWorld();
        world.Provider.Report = _ => Reports.Unreachable;
        world.Accept(Templated);
        world.Run();
        world.Provider.Report = _ => Reports.Accepted;

        world.Advance(TimeSpan.FromMinutes(2));

        world.Templates.Renders.ShouldBe(1);
        world.Provider.Taken.Select(mail => (mail.Subject, mail.Text)).ShouldBe(Enumerable.Repeat(("Subject of welcome", (string?)"Text of welcome"), 2));
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void Who_was_put_off_gets_the_same_content_as_who_was_not()
    {
        using var world = new MailWorld();
        world.Provider.Report = _ => Reports.Partly(RecipientStatus.Sent, RecipientStatus.Pending);
        world.Accept(Templated);
        world.Run();
        world.Provider.Report = _ => Reports.Accepted;

        world.Advance(TimeSpan.FromMinutes(2));

        world.Templates.Renders.ShouldBe(1);
        world.Provider.Taken[1].Recipients.ShouldBe([1]);
    }

    [Fact]
    public void A_template_that_cannot_be_rendered_fails_the_mail()
    {
        using var world = new MailWorld();
        world.Templates.Result = _ => new(null, "unknown_variable", "name is not given");
        world.Accept(Templated);
        world.Run();

        world.StatusOf("a").ShouldBe(DeliveryStatus.Failed);
        world.Attempts("a").ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            attempt => attempt.Status.ShouldBe(AttemptStatus.RenderFailed), attempt => attempt.Reason.ShouldBe("unknown_variable"));
    }

    [Fact]
    public void A_provider_that_throws_leaves_an_uncertain_attempt_and_loses_no_slot()
    {
        using var world = new MailWorld(slots: 1);
        world.Provider.Report = _ => throw new InvalidOperationException("The test wants this send to fail.");
        world.Accept(MailWorld.Mail("a"));
        world.Run();

        world.Attempts("a").ShouldHaveSingleItem().Status.ShouldBe(AttemptStatus.Uncertain);
        world.AttemptEvents.Faulted.ShouldHaveSingleItem().Delivery.Value.ShouldBe("a");
        world.Provider.Report = _ => Reports.Accepted;
        world.Accept(MailWorld.Mail("b")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
    }

    [Fact]
    public void A_payload_that_is_gone_fails_the_mail_and_says_so()
    {
        using var world = new MailWorld();
        world.Provider.Report = _ => Reports.Unreachable;
        world.Accept(MailWorld.Mail("a"));
        world.Run();
        world.Deliveries.LosePayload("a");

        world.Advance(TimeSpan.FromMinutes(2));

        world.StatusOf("a").ShouldBe(DeliveryStatus.Failed);
        world.Attempts("a")[1].Reason.ShouldBe("payload_missing");
    }
}
