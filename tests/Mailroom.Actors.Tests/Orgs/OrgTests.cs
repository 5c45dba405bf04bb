using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;
using Turn = Mailroom.Actors.Kit.EntityKit<Mailroom.Actors.Orgs.Org, Mailroom.Actors.Orgs.OrgState, Mailroom.Actors.Orgs.OrgMessage, Mailroom.Actors.Orgs.OrgEvent>.Turn;

namespace Mailroom.Actors.Tests.Orgs;

/// <summary>What an org makes of each message.</summary>
public sealed class OrgTests
{
    private static readonly Instant T0 = Instant.From(ManualClock.Start);
    private static readonly OrgId Acme = new("acme");
    private static readonly CreateOrg Create = new(Acme, "  Acme Ltd ", null, UncertainPolicy.Hold, Token: 7);
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(575);

    private static OrgState Made => When(OrgState.Absent, Create).After;

    private static OrgState Paused => When(Made, new PauseOutbound("ada", "incident")).After;

    private static OrgState Unlimited => When(OrgState.Absent, new AskTerms(OrgId.Default, 1)).After;

    public static TheoryData<string, OrgMessage, string, string> Table => new()
    {
        { "absent", Create, "org_created", "done" },
        { "absent", Create with { Id = OrgId.All }, "", "org_exists" },
        { "absent", Create with { Name = " " }, "", "invalid_name" },
        { "absent", Create with { Name = new('n', 201) }, "", "invalid_name" },
        { "absent", Create with { Name = " " + new string('n', 200) + " " }, "org_created", "done" },
        { "absent", Create with { Rps = 0 }, "", "invalid_rps" },
        { "absent", Create with { Rps = 101 }, "", "invalid_rps" },
        { "absent", Create with { Rps = 100 }, "org_created", "done" },
        { "absent", new ChangeOrg("New", null, null), "", "org_not_found" },
        { "absent", new PauseOutbound("ada", "incident"), "", "org_not_found" },
        { "absent", new ResumeOutbound("ada"), "", "org_not_found" },
        { "absent", new ProviderSlowed(TimeSpan.FromSeconds(5)), "", "done" },
        { "absent", new AskTerms(Acme, 1), "org_created window_given", "terms" },
        { "absent", new AskTerms(OrgId.Default, 1), "org_created", "terms" },
        { "absent", new AskTerms(OrgId.All, 1), "org_created", "terms" },
        { "made", Create, "", "done" },
        { "made", Create with { Token = 8 }, "", "org_exists" },
        { "made", new ChangeOrg("New", null, null), "org_changed", "done" },
        { "made", new ChangeOrg(" Acme Ltd", null, null), "", "done" },
        { "made", new ChangeOrg(null, new(2), null), "", "done" },
        { "made", new ChangeOrg(null, new(100), null), "org_changed", "done" },
        { "made", new ChangeOrg(null, new(0), null), "", "invalid_rps" },
        { "made", new ChangeOrg(null, new(101), null), "", "invalid_rps" },
        { "made", new ChangeOrg(null, new(null), null), "", "invalid_rps" },
        { "made", new ChangeOrg("", null, null), "", "invalid_name" },
        { "made", new ChangeOrg(null, null, new(null)), "org_changed", "done" },
        { "made", new PauseOutbound("ada", "incident"), "outbound_paused", "done" },
        { "made", new ResumeOutbound("ada"), "", "done" },
        { "made", new ProviderSlowed(TimeSpan.FromSeconds(5)), "calls_held", "done" },
        { "made", new ProviderSlowed(TimeSpan.Zero), "", "done" },
        { "made", new AskTerms(Acme, 1), "window_given", "terms" },
        { "paused", new PauseOutbound("bob", "another"), "", "done" },
        { "paused", new ResumeOutbound("ada"), "outbound_resumed", "done" },
        { "paused", new ChangeOrg(null, new(5), null), "org_changed", "done" },
        { "paused", new AskTerms(Acme, 1), "", "terms" },
        { "unlimited", new AskTerms(OrgId.Default, 1), "", "terms" },
        { "unlimited", new ChangeOrg(null, new(5), null), "org_changed", "done" },
        { "unlimited", new ChangeOrg(null, new(null), null), "", "done" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_message_does_what_the_table_says_and_decided_again_does_it_once(string state, OrgMessage message, string events, string reply)
    {
        var turn = When(State(state), message);

        string.Join(' ', turn.Events.Select(happened => happened.Name)).ShouldBe(events);
        Said(turn.Reply).ShouldBe(reply);
        var again = turn.DecideAgain();
        Said(again.Reply).ShouldBe(reply);
        if (message is not AskTerms)
        {
            again.After.ShouldBe(turn.After);
        }
    }

    [Theory]
    [InlineData("made", "rps", true)]
    [InlineData("made", "name", false)]
    [InlineData("made", "pause", true)]
    [InlineData("paused", "resume", true)]
    [InlineData("paused", "pause", true)]
    [InlineData("made", "slow", true)]
    public void Whoever_holds_terms_hears_of_what_changes_them(string state, string message, bool hears)
    {
        var turn = When(State(state), message switch
        {
            "rps" => new ChangeOrg(null, new(5), null),
            "name" => new ChangeOrg("New", null, null),
            "pause" => new PauseOutbound("ada", "incident"),
            "resume" => new ResumeOutbound("ada"),
            "slow" => new ProviderSlowed(TimeSpan.FromSeconds(5)),
            _ => throw new ArgumentOutOfRangeException(nameof(message)),
        });

        turn.Effects.ShouldBe(hears ? [new TermsChanged(Acme)] : []);
    }

    [Fact]
    public void A_command_whose_commit_was_not_heard_of_still_tells_the_dispatchers_when_it_is_decided_again()
    {
        EntityKit<Org, OrgState, OrgMessage, OrgEvent>.Turn[] turns =
            [When(Made, new PauseOutbound("ada", "incident")), When(Paused, new ResumeOutbound("ada")), When(Made, new ChangeOrg(null, new(5), null))];

        foreach (var again in turns.Select(turn => turn.DecideAgain()))
        {
            again.Events.ShouldBeEmpty();
            again.Effects.ShouldBe([new TermsChanged(Acme)]);
        }
    }

    [Fact]
    public void An_org_keeps_what_it_was_made_and_changed_with()
    {
        Made.ShouldBe(OrgState.Absent with { Id = Acme, Name = "Acme Ltd", CreatedAt = T0, UpdatedAt = T0, Rps = 2, OnUncertain = UncertainPolicy.Hold, CreateToken = 7 });
        When(Made, new ChangeOrg("New", new(10), new(UncertainPolicy.Fail)), T0 + Spacing).After
            .ShouldBe(Made with { Name = "New", Rps = 10, OnUncertain = UncertainPolicy.Fail, UpdatedAt = T0 + Spacing });
        Paused.Pause.ShouldBe(new("ada", "incident", T0));
        (Unlimited.Rps, Unlimited.Name).ShouldBe((null, "org_default"));
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void The_same_holders_window_goes_on_without_a_gap()
    {
        var first = When(Made, new AskTerms(Acme, 1));
        first.Reply.ShouldBe(new SendingTerms(Acme, false, Spacing, TimeSpan.Zero, Org.Window));

        var second = When(first.After, new AskTerms(Acme, 1) { Continues = true }, T0 + TimeSpan.FromMilliseconds(500));
        second.Reply.ShouldBe(new SendingTerms(Acme, false, Spacing, TimeSpan.Zero, Org.Window));
        second.After.Window.ShouldBe(new(1, T0 + TimeSpan.FromMilliseconds(1500)));
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void Another_holder_waits_for_the_windows_end_and_one_spacing_more()
    {
        var state = When(Made, new AskTerms(Acme, 1)).After;
        var at = T0 + TimeSpan.FromMilliseconds(400);

        var early = When(state, new AskTerms(Acme, 2), at);
        early.After.Wishes.ShouldBe([new(2, at)]);
        When(early.After, new AskTerms(Acme, 2), at).Events.ShouldBeEmpty("One wish is enough.");
        early.Reply.ShouldBe(new SendingTerms(Acme, false, Spacing, TimeSpan.FromMilliseconds(600), TimeSpan.Zero));

        var free = When(state, new AskTerms(Acme, 2), T0 + Org.Window);
        free.Reply.ShouldBe(new SendingTerms(Acme, false, Spacing, Spacing, Spacing + Org.Window));
        free.After.Window.ShouldBe(new(2, T0 + Org.Window + Spacing + Org.Window));
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void A_window_that_another_node_waits_for_is_not_extended_and_its_end_is_the_others_turn()
    {
        var given = When(Made, new AskTerms(Acme, 1)).After;
        var wished = When(given, new AskTerms(Acme, 2), T0 + TimeSpan.FromMilliseconds(400)).After;

        var holder = When(wished, new AskTerms(Acme, 1) { Continues = true }, T0 + TimeSpan.FromMilliseconds(700));
        holder.Reply.ShouldBe(new SendingTerms(Acme, false, Spacing, TimeSpan.Zero, TimeSpan.FromMilliseconds(300))
        {
            Pause = TimeSpan.FromMilliseconds(300) + Spacing + Org.Window,
        });
        holder.After.Window.ShouldBe(given.Window);
        holder.After.Wishes.Select(wish => wish.Holder).ShouldBe([2, 1]);

        var turn = When(holder.After, new AskTerms(Acme, 2), T0 + Org.Window);
        turn.After.Window!.Holder.ShouldBe(2);
        turn.After.Wishes.Select(wish => wish.Holder).ShouldBe([1]);
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void A_new_holder_that_did_not_hear_of_its_window_begins_with_the_spacing_all_the_same()
    {
        var state = When(Made, new AskTerms(Acme, 1)).After;
        var given = When(state, new AskTerms(Acme, 2), T0 + Org.Window);

        var again = When(given.After, new AskTerms(Acme, 2), T0 + Org.Window + TimeSpan.FromMilliseconds(20));

        ((SendingTerms)again.Reply).Wait.ShouldBe(Spacing);
        var wished = When(given.After, new AskTerms(Acme, 3), T0 + Org.Window).After;
        ((SendingTerms)When(wished, new AskTerms(Acme, 2), T0 + Org.Window + TimeSpan.FromMilliseconds(20)).Reply).Wait.ShouldBe(Spacing);
        ((SendingTerms)When(given.After, new AskTerms(Acme, 2) { Continues = true }, T0 + Org.Window + TimeSpan.FromMilliseconds(20)).Reply).Wait.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void A_window_that_was_given_is_never_cut_by_a_later_answer()
    {
        var given = When(Made, new AskTerms(Acme, 1, TimeSpan.FromSeconds(3))).After;

        var again = When(given, new AskTerms(Acme, 1), T0 + TimeSpan.FromMilliseconds(100));

        again.After.Window.ShouldBe(given.Window);
        ((SendingTerms)again.Reply).For.ShouldBe(TimeSpan.FromMilliseconds(3900));
    }

    [Fact]
    public void A_node_that_does_not_come_for_its_turn_misses_it()
    {
        var given = When(Made, new AskTerms(Acme, 1)).After;
        var wished = When(given, new AskTerms(Acme, 2), T0 + TimeSpan.FromMilliseconds(400)).After;

        var early = When(wished, new AskTerms(Acme, 1), T0 + Org.Window + TimeSpan.FromMilliseconds(100));
        early.After.Window.ShouldBe(given.Window);
        ((SendingTerms)early.Reply).Wait.ShouldBe(TimeSpan.FromMilliseconds(400));

        var later = When(early.After, new AskTerms(Acme, 1), T0 + Org.Window + TimeSpan.FromMilliseconds(500));
        later.After.Window!.Holder.ShouldBe(1);
        later.After.Wishes.ShouldBeEmpty();
    }

    [Fact]
    public void However_the_clock_was_set_a_new_holder_waits_a_bounded_time_and_at_least_one_spacing()
    {
        var state = When(Made, new AskTerms(Acme, 1)).After;

        ((SendingTerms)When(state, new AskTerms(Acme, 2), T0 + TimeSpan.FromDays(-400)).Reply).Wait.ShouldBeLessThan(TimeSpan.FromSeconds(9));
        ((SendingTerms)When(state, new AskTerms(Acme, 2), T0 + TimeSpan.FromDays(400)).Reply).Wait.ShouldBe(Spacing);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    public void After_a_clock_was_set_back_a_new_holder_has_its_window_when_the_bounded_wait_is_over(int days)
    {
        var then = T0 + TimeSpan.FromDays(-days);
        var state = When(Made, new AskTerms(Acme, 1)).After;
        var first = When(state, new AskTerms(Acme, 2), then);
        var (asked, wait) = (first.After, ((SendingTerms)first.Reply).Wait);
        ((SendingTerms)When(asked, new AskTerms(Acme, 2), then + (wait / 2)).Reply).Wait.ShouldBe(wait / 2);

        var terms = (SendingTerms)When(asked, new AskTerms(Acme, 2), then + wait).Reply;

        terms.For.ShouldBeGreaterThan(TimeSpan.Zero);
        terms.Wait.ShouldBe(Spacing);
    }

    [Fact]
    public void After_a_clock_was_set_back_a_hold_is_over_within_an_hour()
    {
        var then = T0 + TimeSpan.FromDays(-1);
        var held = When(Made, new ProviderSlowed(TimeSpan.FromMinutes(10))).After;

        var asked = When(held, new AskTerms(Acme, 1), then).After;

        asked.HoldUntil.ShouldBe(then + Org.LongestHold);
        ((SendingTerms)When(asked, new AskTerms(Acme, 1), then + Org.LongestHold).Reply).Wait.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_slow_store_gets_longer_windows_within_a_bound()
    {
        ((SendingTerms)When(Made, new AskTerms(Acme, 1, TimeSpan.FromSeconds(1.5))).Reply).For.ShouldBe(TimeSpan.FromSeconds(2.5));
        ((SendingTerms)When(Made, new AskTerms(Acme, 1, TimeSpan.FromHours(1))).Reply).For.ShouldBe(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void A_provider_can_only_slow_an_org_and_no_longer_than_an_hour()
    {
        var held = When(Made, new ProviderSlowed(TimeSpan.FromMinutes(10))).After;
        held.HoldUntil.ShouldBe(T0 + TimeSpan.FromMinutes(10));
        When(held, new ProviderSlowed(TimeSpan.FromMinutes(5))).After.ShouldBe(held);
        When(held, new ProviderSlowed(TimeSpan.FromDays(5))).After.HoldUntil.ShouldBe(T0 + TimeSpan.FromHours(1));

        When(held, new AskTerms(Acme, 1)).ShouldSatisfyAllConditions(
            turn => turn.Events.ShouldBeEmpty("Nobody calls before the hold is over."),
            turn => turn.Reply.ShouldBe(new SendingTerms(Acme, false, Spacing, TimeSpan.FromMinutes(10), TimeSpan.Zero)));
        ((SendingTerms)When(held, new AskTerms(Acme, 1), T0 + TimeSpan.FromDays(-1)).Reply).Wait.ShouldBe(TimeSpan.FromHours(1));
        ((SendingTerms)When(held, new AskTerms(Acme, 1), T0 + TimeSpan.FromMinutes(10)).Reply).Wait.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void An_event_that_does_not_fit_the_state_is_refused()
    {
        Should.Throw<InvalidOperationException>(() => Org.Apply(OrgState.Absent, new OutboundResumed(T0, "ada")));
        Should.Throw<InvalidOperationException>(() => Org.Apply(Made, new OrgCreated(T0, Acme, "Acme", 2, null, 7)));
    }

    private static OrgState State(string name) => name switch
    {
        "absent" => OrgState.Absent,
        "made" => Made,
        "paused" => Paused,
        "unlimited" => Unlimited,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static string Said(object reply) => reply switch
    {
        Done => "done",
        Refused refused => refused.Code,
        SendingTerms => "terms",
        _ => throw new ArgumentOutOfRangeException(nameof(reply), reply, "Not an answer of an org."),
    };

    private static Turn When(OrgState state, OrgMessage message, Instant? now = null) =>
        EntityKit<Org, OrgState, OrgMessage, OrgEvent>.When(state, message, now ?? T0);
}
