using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Running;

/// <summary>The whole way of a mail, and a process that dies on it.</summary>
public sealed class MailroomNodeTests
{
    [Fact]
    public void A_mail_is_accepted_claimed_sent_and_recorded()
    {
        using var world = new MailWorld();

        var accepted = world.Accept(MailWorld.Mail("a")).ShouldBeOfType<Accepted>();
        world.Run();

        accepted.ShouldBe(new Accepted(new("a"), DeliveryStatus.Sending, Attempting: true));
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.Provider.Taken.ShouldHaveSingleItem().Id.Value.ShouldBe("a");
        world.Attempts("a").ShouldHaveSingleItem().Status.ShouldBe(AttemptStatus.ProviderAccepted);
        (world.Node.Running, world.Node.Waiting).ShouldBe((0, 0));
    }

    [Fact]
    [Trait("Requirement", "C06")]
    public void A_node_that_has_joined_accepts_mail_and_attempts_none_until_its_workers_start()
    {
        using var world = new MailWorld();
        world.JoinAnew();

        world.Accept(MailWorld.Mail("a")).ShouldBeOfType<Accepted>().Attempting.ShouldBeFalse();
        world.Advance(TimeSpan.FromMinutes(10));
        world.StatusOf("a").ShouldBe(DeliveryStatus.Queued);
        world.Provider.Taken.ShouldBeEmpty();

        world.Node.StartWorkers();
        world.AdvanceUntil(() => world.StatusOf("a") == DeliveryStatus.Sent, TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public void Only_the_newest_node_owns_a_shard()
    {
        using var world = new MailWorld();
        var first = world.Node.EpochOf(0);

        world.CrashAndRestart();

        first.ShouldBeGreaterThan(0);
        world.Node.EpochOf(0).ShouldBeGreaterThan(first);
    }

    [Fact]
    [Trait("Requirement", "C29")]
    public void No_more_are_sent_at_once_than_there_are_slots_and_all_get_their_turn()
    {
        using var world = new MailWorld(slots: 2);
        world.Provider.Holds = true;
        for (var i = 0; i < 7; i++)
        {
            world.Accept(MailWorld.Mail($"m{i}")).ShouldBeOfType<Accepted>();
        }

        for (var sent = 0; sent < 7; sent++)
        {
            world.Run();
            world.Provider.Held.Count.ShouldBe(Math.Min(2, 7 - sent));
            world.Provider.Answer(Reports.Accepted);
        }

        world.Run();
        world.Provider.Taken.Select(mail => mail.Id.Value).ShouldBe(Enumerable.Range(0, 7).Select(i => $"m{i}"), ignoreOrder: true);
        world.Deliveries.Rows.ShouldAllBe(row => row.State.Status == DeliveryStatus.Sent);
    }

    [Fact]
    [Trait("Requirement", "C33")]
    public void A_mail_that_fails_for_good_climbs_the_ladder_and_leaves_one_dead_letter()
    {
        using var world = new MailWorld();
        world.Provider.Report = _ => Reports.Unreachable;
        world.Accept(MailWorld.Mail("a"));

        world.Advance(TimeSpan.FromMinutes(45));

        world.StatusOf("a").ShouldBe(DeliveryStatus.DeadLetter);
        world.Deliveries.DeadLetters.ShouldBe(["a"]);
        var attempts = world.Attempts("a");
        attempts.Select(attempt => attempt.AttemptNo).ShouldBe([1, 2, 3, 4]);
        foreach (var (step, minutes) in new[] { 1, 5, 30 }.Index())
        {
            (attempts[step + 1].StartedAt - attempts[step].StartedAt).TotalMinutes.ShouldBeInRange(minutes, minutes * 1.1 + 0.01);
        }
    }

    [Fact]
    public void A_crash_makes_what_was_in_flight_uncertain_and_it_is_sent_again_at_once()
    {
        using var world = new MailWorld(slots: 2);
        world.Provider.Holds = true;
        for (var i = 0; i < 6; i++)
        {
            world.Accept(MailWorld.Mail($"m{i}")).ShouldBeOfType<Accepted>();
        }

        world.Run();
        var inFlight = world.Provider.Held.Select(mail => mail.Id.Value).ToList();
        inFlight.Count.ShouldBe(2);
        world.Provider.Holds = false;

        world.CrashAndRestart();
        world.AdvanceUntil(() => world.Deliveries.Rows.All(row => row.State.Status == DeliveryStatus.Sent), TimeSpan.FromSeconds(2));

        foreach (var row in world.Deliveries.Rows)
        {
            world.Attempts(row.Id).Select(attempt => attempt.Status).ShouldBe(
                inFlight.Contains(row.Id) ? [AttemptStatus.Uncertain, AttemptStatus.ProviderAccepted] : [AttemptStatus.ProviderAccepted]);
        }

        world.Run();
        (world.Node.Running, world.Node.Waiting).ShouldBe((0, 0));
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("x1")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
        world.Accept(MailWorld.Mail("x2")).ShouldBeOfType<Accepted>().Attempting.ShouldBeTrue();
        world.Accept(MailWorld.Mail("x3")).ShouldBeOfType<Accepted>().Attempting.ShouldBeFalse();
    }

    [Theory]
    [InlineData(UncertainPolicy.Hold, DeliveryStatus.Uncertain)]
    [InlineData(UncertainPolicy.Fail, DeliveryStatus.Failed)]
    public void After_a_crash_the_policy_decides_over_what_was_in_flight(UncertainPolicy policy, DeliveryStatus status)
    {
        using var world = new MailWorld();
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a") with { OnUncertain = policy });
        world.Run();

        world.CrashAndRestart();
        world.Advance(TimeSpan.FromSeconds(2));

        world.StatusOf("a").ShouldBe(status);
        world.Provider.Taken.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_accepted_mail_ends_sent_through_crashes_and_a_store_that_fails_at_random(int seed)
    {
        using var world = new MailWorld(slots: 3, seed: seed);
        var random = new Random(seed);
        world.Store.Faults.Draw = () => random.Next(6) switch { 0 => CommitFault.Unavailable, 1 => CommitFault.UnknownOutcome, _ => CommitFault.None };
        var accepted = new List<string>();
        for (var round = 0; round < 12; round++)
        {
            var asked = Enumerable.Range(0, 10).Select(i => (Id: $"m{round}_{i}", Answer: world.Begin(MailWorld.Mail($"m{round}_{i}")))).ToList();
            world.Advance(TimeSpan.FromMilliseconds(random.Next(200)));
            accepted.AddRange(asked.Where(ask => ask.Answer.IsCompletedSuccessfully && Answer(ask.Answer) is Accepted).Select(ask => ask.Id));
            if (round % 3 == 2)
            {
                world.CrashAndRestart();
            }
        }

        world.Store.Faults.Draw = null;
        accepted.Count.ShouldBeGreaterThan(20);
        world.AdvanceUntil(() => accepted.TrueForAll(id => world.StatusOf(id) == DeliveryStatus.Sent), TimeSpan.FromMinutes(3));
        world.Advance(TimeSpan.FromMinutes(3));
        (world.Node.Running, world.Node.Waiting).ShouldBe((0, 0));
        foreach (var row in world.Deliveries.Rows)
        {
            var sends = world.Provider.Taken.Count(mail => mail.Id.Value == row.Id);
            var explained = world.Attempts(row.Id).Count(attempt => attempt.Status is AttemptStatus.ProviderAccepted or AttemptStatus.Uncertain or AttemptStatus.TimedOut);
            sends.ShouldBeLessThanOrEqualTo(explained);
        }
    }

    [Fact]
    public void A_stop_lets_attempts_finish_and_records_them()
    {
        using var world = new MailWorld();
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a"));
        world.Run();

        var stopped = world.Node.StopAsync(TimeSpan.FromSeconds(30));
        world.Advance(TimeSpan.FromSeconds(3));
        stopped.IsCompleted.ShouldBeFalse();
        world.Provider.Answer(Reports.Accepted);

        world.Result(stopped, TimeSpan.FromSeconds(1)).ShouldBeTrue();
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void A_stop_breaks_off_what_takes_too_long_and_it_goes_back_to_the_line_uncounted()
    {
        using var world = new MailWorld();
        world.Provider.Holds = true;
        world.Accept(MailWorld.Mail("a"));
        world.Run();

        world.Result(world.Node.StopAsync(TimeSpan.FromSeconds(30)), TimeSpan.FromSeconds(31)).ShouldBeTrue();

        world.StatusOf("a").ShouldBe(DeliveryStatus.Queued);
        world.Attempts("a").ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            attempt => attempt.Status.ShouldBe(AttemptStatus.Interrupted), attempt => attempt.Counted.ShouldBeFalse());
    }

    [Fact]
    public void A_stop_is_bounded_even_where_a_send_never_ends()
    {
        using var world = new MailWorld();
        world.Provider.Holds = true;
        world.Provider.IsStubborn = true;
        world.Accept(MailWorld.Mail("a"));
        world.Run();
        var since = world.Now;

        world.Result(world.Node.StopAsync(TimeSpan.FromSeconds(30)), TimeSpan.FromSeconds(60)).ShouldBeFalse();

        (world.Now - since).ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(31));
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sending);
    }

    [Fact]
    public void A_stop_waits_for_a_claim_that_is_being_written()
    {
        using var world = new MailWorld();
        world.Store.Faults.Hold();
        var accepting = world.Begin(MailWorld.Mail("a") with { OnUncertain = UncertainPolicy.Hold });
        world.Run();

        var stopped = world.Node.StopAsync(TimeSpan.FromSeconds(30));
        world.Advance(TimeSpan.FromSeconds(1));
        world.Store.Faults.Release();

        world.Result(stopped, TimeSpan.FromSeconds(5)).ShouldBeTrue();
        Answer(accepting).ShouldBeOfType<Accepted>();
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
    }

    private static object Answer(Task<object> answered)
    {
        answered.IsCompletedSuccessfully.ShouldBeTrue();
        return answered.GetAwaiter().GetResult();
    }
}
