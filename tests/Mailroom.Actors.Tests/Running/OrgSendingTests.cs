using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Tests.Running;

/// <summary>Limits, pauses and fairness on a whole node: what the provider sees.</summary>
public sealed class OrgSendingTests
{
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(575);

    [Fact]
    [Trait("Requirement", "A35")]
    [Trait("Requirement", "A36")]
    public void Fifty_mails_at_once_of_one_org_go_out_575_ms_apart_and_another_orgs_go_at_once()
    {
        using var world = new MailWorld(slots: 16);
        var calls = Record(world);
        var asked = Enumerable.Range(0, 50).Select(i => world.Begin(MailWorld.Mail($"m{i}", "acme"))).ToList();
        world.Run();
        asked.ShouldAllBe(accept => accept.IsCompletedSuccessfully);
        for (var i = 0; i < 20; i++)
        {
            world.Begin(MailWorld.Mail($"d{i}"));
        }

        world.Run();
        calls.Count(call => call.Org == "org_default").ShouldBe(20);
        calls.Count(call => call.Org == "acme").ShouldBe(1);
        var since = world.Now;

        world.AdvanceUntil(() => calls.Count == 70, TimeSpan.FromSeconds(40));

        Gaps(calls, "acme").ShouldAllBe(gap => gap >= Spacing);
        (world.Now - since).ShouldBeLessThan(49 * Spacing + TimeSpan.FromMilliseconds(100));
        world.Run();
        world.Deliveries.Rows.ShouldAllBe(row => row.State.Status == DeliveryStatus.Sent);
    }

    [Fact]
    public void A_limited_org_costs_the_store_about_one_commit_a_second_and_an_unlimited_one_none()
    {
        using var world = new MailWorld(slots: 16);
        Enumerable.Range(0, 40).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}", "acme")));
        Enumerable.Range(0, 40).ToList().ForEach(i => world.Accept(MailWorld.Mail($"d{i}")));

        world.Advance(TimeSpan.FromSeconds(20));

        world.Orgs["acme"]!.History.OfType<WindowGiven>().Count().ShouldBeInRange(15, 21);
        world.Orgs["org_default"]!.Version.ShouldBe(1);
        world.Orgs["org_all"]!.Version.ShouldBe(1);
    }

    [Theory]
    [Trait("Requirement", "A35")]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_limit_holds_across_crashes_and_a_failing_store_and_a_restart_waits_less_than_two_seconds(int seed)
    {
        using var world = new MailWorld(slots: 4, seed: seed);
        var calls = Record(world);
        var random = new Random(seed);
        world.Store.Faults.Draw = () => random.Next(12) switch { 0 => CommitFault.Unavailable, 1 => CommitFault.UnknownOutcome, _ => CommitFault.None };
        Enumerable.Range(0, 60).ToList().ForEach(i => world.Begin(MailWorld.Mail($"m{i}", "acme")));
        for (var crash = 0; crash < 8; crash++)
        {
            world.Advance(TimeSpan.FromMilliseconds(random.Next(3000)));
            var before = calls.Count;
            world.CrashAndRestart();
            world.Store.Faults.Draw = crash % 2 == 0 ? null : world.Store.Faults.Draw;
            var restarted = world.Now;
            if (world.Store.Faults.Draw is null)
            {
                world.AdvanceUntil(() => calls.Count > before, TimeSpan.FromSeconds(2.3));
                (world.Now - restarted).ShouldBeLessThan(TimeSpan.FromSeconds(2.3));
            }
        }

        calls.Count.ShouldBeGreaterThan(10);
        Gaps(calls, "acme").ShouldAllBe(gap => gap >= Spacing);
    }

    [Fact]
    [Trait("Requirement", "A37")]
    public void A_new_limit_takes_effect_on_the_next_call()
    {
        using var world = new MailWorld(slots: 16);
        var calls = Record(world);
        Enumerable.Range(0, 60).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}", "acme")));
        world.Advance(TimeSpan.FromMilliseconds(600));
        calls.Count.ShouldBe(2);

        world.Tell("acme", new ChangeOrg(null, new(10), null)).ShouldBe(Done.Instance);
        world.Advance(TimeSpan.FromSeconds(1.15));
        calls.Count.ShouldBeInRange(11, 13);
        Gaps(calls, "acme").ShouldAllBe(gap => gap >= TimeSpan.FromMilliseconds(115));

        world.Tell("acme", new ChangeOrg(null, new(1), null)).ShouldBe(Done.Instance);
        var before = calls.Count;
        world.Advance(TimeSpan.FromSeconds(1));
        calls.Count.ShouldBe(before);
        world.Advance(TimeSpan.FromSeconds(4));
        Gaps(calls, "acme").Skip(before).ShouldAllBe(gap => gap >= TimeSpan.FromMilliseconds(1150));
        calls.Count.ShouldBeInRange(before + 3, before + 5);
    }

    [Theory]
    [Trait("Requirement", "B34")]
    [Trait("Requirement", "B36")]
    [InlineData("acme")]
    [InlineData("org_all")]
    public void A_pause_stops_calls_at_once_survives_a_crash_and_intake_goes_on(string paused)
    {
        using var world = new MailWorld(slots: 2);
        var calls = Record(world);
        world.Tell("acme", new CreateOrg(new("acme"), "Acme", 100, null, 1)).ShouldBe(Done.Instance);
        Enumerable.Range(0, 200).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}", "acme")).ShouldBeOfType<Accepted>());
        world.Advance(TimeSpan.FromMilliseconds(300));
        world.Tell(paused, new PauseOutbound("ada", "incident")).ShouldBe(Done.Instance);
        var before = calls.Count;
        before.ShouldBeGreaterThan(5);

        world.Advance(TimeSpan.FromSeconds(10));
        world.Accept(MailWorld.Mail("late", "acme")).ShouldBeOfType<Accepted>().Attempting.ShouldBeFalse();
        world.StatusOf("late").ShouldBe(DeliveryStatus.Queued);
        world.CrashAndRestart();
        world.Advance(TimeSpan.FromSeconds(10));
        calls.Count.ShouldBe(before);
        (world.Node.Running, world.Node.Waiting).ShouldBe((0, 0));

        if (paused == "acme")
        {
            world.Accept(MailWorld.Mail("other", "free")).ShouldBeOfType<Accepted>();
            world.Run();
            world.StatusOf("other").ShouldBe(DeliveryStatus.Sent);
            before++;
        }

        world.Tell(paused, new ResumeOutbound("ada")).ShouldBe(Done.Instance);
        var resumed = world.Now;
        world.AdvanceUntil(() => calls.Count > before, TimeSpan.FromSeconds(1));
        (world.Now - resumed).ShouldBeLessThan(TimeSpan.FromMilliseconds(100));
        world.AdvanceUntil(() => world.Deliveries.Rows.All(row => row.State.Status == DeliveryStatus.Sent), TimeSpan.FromSeconds(30));
        Gaps(calls, "acme").ShouldAllBe(gap => gap >= TimeSpan.FromMilliseconds(12));
    }

    [Fact]
    [Trait("Requirement", "B34")]
    public void What_is_claimed_when_its_org_is_paused_goes_back_uncounted_and_waits_quietly()
    {
        using var world = new MailWorld(dispatch: new(1, TimeSpan.FromSeconds(45)) { Ahead = 2 });
        world.Provider.Holds = true;
        world.Provider.IsStubborn = true;
        Enumerable.Range(0, 3).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}")));
        world.Run();
        world.StatusOf("m2").ShouldBe(DeliveryStatus.Sending);

        world.Tell("org_default", new PauseOutbound("ada", "incident"));
        world.Run();

        world.StatusOf("m0").ShouldBe(DeliveryStatus.Sending);
        world.Attempts("m2").ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            attempt => attempt.Status.ShouldBe(AttemptStatus.Interrupted), attempt => attempt.Reason.ShouldBe("paused"), attempt => attempt.Counted.ShouldBeFalse());
        world.Advance(TimeSpan.FromMinutes(5));
        world.Attempts("m2").Count.ShouldBe(1);
        world.Provider.Answer(Reports.Accepted);
        world.Provider.Holds = false;
        world.Tell("org_default", new ResumeOutbound("ada"));
        world.Run();
        world.Deliveries.Rows.ShouldAllBe(row => row.State.Status == DeliveryStatus.Sent);
    }

    [Fact]
    public void A_paused_org_with_thousands_waiting_is_not_read_over_and_over_and_hides_nobody_elses_mail()
    {
        using var world = new MailWorld(slots: 2);
        world.Tell("acme", new CreateOrg(new("acme"), "Acme", 100, null, 1));
        world.Tell("acme", new PauseOutbound("ada", "incident"));
        Enumerable.Range(0, 3000).ToList().ForEach(i => world.Begin(MailWorld.Mail($"m{i}", "acme")));
        world.Run();
        world.Accept(MailWorld.Mail("later", "free") with { ScheduledAt = world.Now + TimeSpan.FromSeconds(3) });
        world.CrashAndRestart();
        var (loads, read) = (world.Deliveries.Loads, world.Deliveries.GroupRowsRead);

        world.Advance(TimeSpan.FromSeconds(3));
        world.Advance(TimeSpan.FromMilliseconds(300));
        world.StatusOf("later").ShouldBe(DeliveryStatus.Sent);
        world.Advance(TimeSpan.FromSeconds(27));

        (world.Deliveries.GroupRowsRead - read).ShouldBeLessThan(64 * 10);
        (world.Deliveries.Loads - loads).ShouldBeLessThan(70);
        world.Node.Waiting.ShouldBe(0);
        world.Node.Figures(10).Lanes.ShouldHaveSingleItem().ShouldSatisfyAllConditions(lane => lane.Org.Value.ShouldBe("acme"), lane => lane.HasMore.ShouldBeTrue());
    }

    [Fact]
    public void An_orgs_backlog_does_not_delay_another_orgs_mail_by_more_than_a_turn()
    {
        using var world = new MailWorld(dispatch: new(1, TimeSpan.FromSeconds(45)) { Ahead = 0, Waiting = 64 });
        var calls = Record(world);
        world.Provider.Holds = true;
        Enumerable.Range(0, 1000).ToList().ForEach(i => world.Begin(MailWorld.Mail($"m{i}")));
        world.Run();
        world.CrashAndRestart();
        world.Advance(TimeSpan.FromSeconds(1));
        world.Accept(MailWorld.Mail("q", "quiet"));
        world.Run();
        var before = calls.Count;

        world.Provider.Answer(Reports.Accepted);
        world.Run();
        world.Provider.Answer(Reports.Accepted);
        world.Run();

        calls.Skip(before).Select(call => call.Org).ShouldContain("quiet");
        world.Provider.Holds = false;
        world.Provider.Answer(Reports.Accepted);
        world.AdvanceUntil(() => world.Deliveries.Rows.All(row => row.State.Status == DeliveryStatus.Sent), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_provider_that_asks_an_org_to_slow_down_gets_no_calls_of_it_until_then_and_other_orgs_go_on()
    {
        using var world = new MailWorld(dispatch: new(1, TimeSpan.FromSeconds(45)) { Ahead = 3 });
        var calls = Record(world);
        world.Provider.Holds = true;
        Enumerable.Range(0, 5).ToList().ForEach(i => world.Begin(MailWorld.Mail($"m{i}")));
        world.Run();
        world.Provider.Holds = false;
        world.Provider.Answer(Reports.Throttled(TimeSpan.FromSeconds(20)) with { SlowsOrgFor = TimeSpan.FromSeconds(20) });
        world.Run();
        world.Accept(MailWorld.Mail("q", "quiet"));
        world.Run();

        calls.Select(call => call.Org).ShouldBe(["org_default", "quiet"]);
        world.CrashAndRestart();
        world.Advance(TimeSpan.FromSeconds(19.5));
        calls.Count.ShouldBe(2);
        world.Advance(TimeSpan.FromSeconds(3));
        world.Deliveries.Rows.ShouldAllBe(row => row.State.Status == DeliveryStatus.Sent);
        world.Attempts("m0")[0].Counted.ShouldBeFalse();
        world.Attempts("m1")[0].Reason.ShouldBe("provider_slowed");
    }

    [Fact]
    public void A_login_code_is_sent_before_all_that_waits()
    {
        using var world = new MailWorld(slots: 1);
        world.Provider.Holds = true;
        Enumerable.Range(0, 300).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}", i % 2 == 0 ? "org_default" : "acme")));
        world.Accept(MailWorld.Mail("code", "acme") with { Urgent = true });
        world.Run();

        world.Provider.Answer(Reports.Accepted);
        world.Run();

        world.Provider.Held.ShouldHaveSingleItem().Id.Value.ShouldBe("code");
    }

    [Fact]
    public void An_org_that_cannot_answer_holds_up_nobody_else_and_its_mail_waits()
    {
        using var world = new MailWorld(slots: 2);
        world.Store.Faults.MakeUnreadable("acme");
        Enumerable.Range(0, 10).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}", "acme")));
        world.Accept(MailWorld.Mail("q"));
        world.Advance(TimeSpan.FromSeconds(5));

        world.StatusOf("q").ShouldBe(DeliveryStatus.Sent);
        world.Deliveries.Rows.Count(row => row.State.Status == DeliveryStatus.Queued).ShouldBe(10);
        world.KernelEvents.Lines.ShouldContain("quarantined org acme");
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void A_clock_that_is_set_changes_neither_the_spacing_nor_the_flow(int seconds)
    {
        using var world = new MailWorld(slots: 4);
        var calls = Record(world);
        Enumerable.Range(0, 30).ToList().ForEach(i => world.Accept(MailWorld.Mail($"m{i}", "acme")));
        world.Advance(TimeSpan.FromSeconds(3));
        world.SetClock(TimeSpan.FromSeconds(seconds));
        Enumerable.Range(0, 30).ToList().ForEach(i => world.Accept(MailWorld.Mail($"n{i}", "acme")));
        var before = calls.Count;

        world.Advance(TimeSpan.FromSeconds(5.75));

        calls.Count.ShouldBeInRange(before + 9, before + 10);
        calls.Zip(calls.Skip(1)).ShouldAllBe(pair => pair.Second.At - pair.First.At >= Spacing);
    }

    private static List<(string Org, TimeSpan At)> Record(MailWorld world)
    {
        var calls = new List<(string, TimeSpan)>();
        world.Provider.Called = mail => calls.Add((world.Deliveries[mail.Id.Value]!.State.Org.Value, world.Elapsed));
        return calls;
    }

    private static IEnumerable<TimeSpan> Gaps(List<(string Org, TimeSpan At)> calls, string org)
    {
        var own = calls.Where(call => call.Org == org).ToList();
        return own.Zip(own.Skip(1), (first, second) => second.At - first.At);
    }
}
