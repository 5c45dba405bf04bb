using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Tests.Deliveries;

namespace Mailroom.Actors.Tests.Running;

public sealed class IntakeTests
{
    [Fact]
    public void The_same_key_and_content_is_the_first_mail_again()
    {
        using var world = new MailWorld();
        var first = world.Accept(MailWorld.Mail() with { IdempotencyKey = "k" }).ShouldBeOfType<Accepted>();

        world.Accept(MailWorld.Mail() with { IdempotencyKey = "k" }).ShouldBe(new IdempotencyHit(first.Id, Same: true));

        world.Deliveries.Rows.Count.ShouldBe(1);
        world.Provider.Taken.Count.ShouldBe(1);
    }

    public static TheoryData<string> OtherContents => ["subject", "scheduled_at", "expires_at", "on_uncertain"];

    [Theory]
    [MemberData(nameof(OtherContents))]
    public void The_same_key_with_other_content_is_a_conflict(string what)
    {
        using var world = new MailWorld();
        var mail = MailWorld.Mail() with { IdempotencyKey = "k" };
        world.Accept(mail).ShouldBeOfType<Accepted>();

        var hit = world.Accept(what switch
        {
            "subject" => mail with { Request = Mails.Request() with { Subject = "Another" } },
            "scheduled_at" => mail with { ScheduledAt = world.Now + TimeSpan.FromHours(1) },
            "expires_at" => mail with { ExpiresAt = world.Now + TimeSpan.FromHours(1) },
            "on_uncertain" => mail with { OnUncertain = UncertainPolicy.Fail },
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        });

        hit.ShouldBeOfType<IdempotencyHit>().Same.ShouldBeFalse();
    }

    [Fact]
    public void A_key_belongs_to_its_org_and_source_and_ends_with_its_time()
    {
        using var world = new MailWorld(intake: new(TimeSpan.FromHours(1), UncertainPolicy.Retry));
        var mail = MailWorld.Mail() with { IdempotencyKey = "k" };
        world.Accept(mail).ShouldBeOfType<Accepted>();

        world.Accept(mail with { Org = new("org_other") }).ShouldBeOfType<Accepted>();
        world.Accept(mail with { Source = "notification" }).ShouldBeOfType<Accepted>();
        world.Accept(mail).ShouldBeOfType<IdempotencyHit>();
        world.Advance(TimeSpan.FromHours(1));
        world.Accept(mail).ShouldBeOfType<Accepted>();
    }

    [Fact]
    public void An_unknown_commit_of_an_accept_makes_one_mail_and_one_send()
    {
        using var world = new MailWorld(slots: 1);
        world.Store.Faults.Script(CommitFault.UnknownOutcome);
        var answer = world.Begin(MailWorld.Mail("a") with { IdempotencyKey = "k" });

        world.Result(answer, TimeSpan.FromSeconds(2)).ShouldBe(new Accepted(new("a"), DeliveryStatus.Sending, Attempting: true));
        world.Run();

        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.Provider.Taken.Count.ShouldBe(1);
        world.Accept(MailWorld.Mail("b")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
    }

    [Fact]
    public void Stub_mode_accepts_and_never_sends()
    {
        using var world = new MailWorld(intake: new(TimeSpan.FromHours(1), UncertainPolicy.Retry) { SuppressedBecause = "stub_mode" });

        world.Accept(MailWorld.Mail("a")).ShouldBe(new Accepted(new("a"), DeliveryStatus.Suppressed, Attempting: false));

        world.Advance(TimeSpan.FromMinutes(1));
        world.Provider.Taken.ShouldBeEmpty();
    }

    [Fact]
    public void A_scheduled_mail_takes_no_slot_and_goes_out_at_its_time()
    {
        using var world = new MailWorld(slots: 1);
        world.Accept(MailWorld.Mail("later") with { ScheduledAt = world.Now + TimeSpan.FromHours(2) }).ShouldBe(new Accepted(new("later"), DeliveryStatus.Scheduled, false));
        world.Accept(MailWorld.Mail("now")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();

        world.Advance(TimeSpan.FromHours(2) - TimeSpan.FromMilliseconds(1));
        world.StatusOf("later").ShouldBe(DeliveryStatus.Scheduled);
        world.Advance(TimeSpan.FromMilliseconds(300));
        world.StatusOf("later").ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void The_intake_is_closed_while_the_store_fails_and_opens_by_itself()
    {
        using var world = new MailWorld(slots: 1);
        world.Store.Faults.IsUnavailable = true;
        world.Advance(TimeSpan.FromSeconds(1));
        world.Accept(MailWorld.Mail("a")).ShouldBe(NotDone.Busy);

        world.Store.Faults.IsUnavailable = false;
        world.Advance(TimeSpan.FromSeconds(2));
        world.Accept(MailWorld.Mail("a")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
    }

    [Fact]
    public void A_refused_accept_gives_its_slot_back()
    {
        using var world = new MailWorld(slots: 1);
        world.Accept(MailWorld.Mail("a")).ShouldBeOfType<Accepted>();
        world.Run();

        world.Accept(MailWorld.Mail("a")).ShouldBeOfType<Refused>().Code.ShouldBe("id_taken");
        world.Accept(MailWorld.Mail("b") with { ExpiresAt = world.Now }).ShouldBeOfType<Refused>().Code.ShouldBe("after_expiry");
        world.Store.Faults.Poison("c");
        world.Accept(MailWorld.Mail("c")).ShouldBe(NotDone.Faulted);

        world.Accept(MailWorld.Mail("d")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
    }
}
