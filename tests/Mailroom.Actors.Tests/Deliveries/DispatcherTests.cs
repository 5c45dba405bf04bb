using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

public sealed class DispatcherTests
{
    private static readonly OrgId Busy = new("busy");
    private static readonly OrgId Quiet = new("quiet");

    private readonly ManualClock _clock = new();
    private readonly ScriptedHost _host = new();

    [Fact]
    public void An_org_with_ten_thousand_waiting_delays_another_by_at_most_one_turn()
    {
        var dispatcher = Started(slots: 1, waiting: 20_000);
        Enumerable.Range(0, 10_000).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        dispatcher.Waiting.ShouldBe(9_999);
        dispatcher.Await(Wait("q", Quiet));

        Finish();
        Finish();

        _host.Asked.Take(3).ShouldBe(["b0", "b1", "q"]);
    }

    [Fact]
    public void Orgs_take_turns_and_each_keeps_its_own_order()
    {
        var dispatcher = Started(slots: 1);
        foreach (var id in new[] { "a1", "a2", "a3", "b1", "c1", "c2" })
        {
            dispatcher.Await(Wait(id, new(id[..1])));
        }

        for (var i = 0; i < 5; i++)
        {
            _host.AnswerOldest(new NotClaimed(DeliveryStatus.Sent));
        }

        _host.Asked.ShouldBe(["a1", "a2", "b1", "c1", "a3", "c2"]);
    }

    [Fact]
    public void Urgent_mail_goes_before_all_other_mail()
    {
        var dispatcher = Started(slots: 1);
        foreach (var (id, org, urgent) in new[] { ("first", Busy, false), ("b1", Busy, false), ("b2", Busy, false), ("q1", Quiet, false), ("code", Busy, true) })
        {
            dispatcher.Await(Wait(id, org) with { Urgent = urgent });
        }

        for (var i = 0; i < 4; i++)
        {
            Finish();
        }

        _host.Asked.ShouldBe(["first", "code", "b1", "q1", "b2"]);
    }

    [Fact]
    public void One_turn_in_eight_is_for_other_mail_however_much_urgent_mail_waits()
    {
        var dispatcher = Started(slots: 1);
        Enumerable.Range(0, 100).ToList().ForEach(i => dispatcher.Await(Wait($"code{i}", new($"org{i % 5}")) with { Urgent = true }));
        Enumerable.Range(0, 10).ToList().ForEach(i => dispatcher.Await(Wait($"normal{i}", Quiet)));

        for (var i = 0; i < 79; i++)
        {
            Finish();
        }

        _host.Asked.Skip(1).Chunk(8).Where(turns => turns.Length == 8).ShouldAllBe(turns => turns.Count(id => id.StartsWith("normal")) == 1);
    }

    [Fact]
    public void A_limited_orgs_codes_leave_one_of_its_turns_in_eight_to_its_other_mail()
    {
        _host.Limit(Busy, 2);
        var dispatcher = Started(slots: 4);
        Enumerable.Range(0, 30).ToList().ForEach(i => dispatcher.Await(Wait($"code{i}", Busy) with { Urgent = true }));
        Enumerable.Range(0, 30).ToList().ForEach(i => dispatcher.Await(Wait($"normal{i}", Busy)));
        for (var i = 0; i < 25; i++)
        {
            Call(dispatcher, Busy);
            _clock.Advance(TimeSpan.FromMilliseconds(575));
        }

        _host.Asked.Take(25).Count(id => id.StartsWith("normal")).ShouldBe(3);
    }

    [Fact]
    public void An_org_with_a_limit_has_no_claim_before_its_next_call_is_near_and_leaves_the_slots_to_others()
    {
        _host.Limit(Busy, 1);
        var dispatcher = Started(slots: 4);
        Enumerable.Range(0, 10).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        Enumerable.Range(0, 10).ToList().ForEach(i => dispatcher.Await(Wait($"q{i}", Quiet)));

        _host.Asked.ShouldBe(["b0", "q0", "q1", "q2"]);
        Call(dispatcher, Busy);
        _clock.Advance(TimeSpan.FromMilliseconds(1099));
        _host.Asked.Count.ShouldBe(5);
        Finish();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Finish();
        Finish();
        _host.Asked.ShouldContain("b1");
        _host.Asked.ShouldNotContain("b2");
    }

    [Fact]
    [Trait("Requirement", "B34")]
    public void A_paused_orgs_mail_takes_no_memory_and_no_slot_and_is_wished_for_when_it_goes_on()
    {
        var dispatcher = Started(slots: 1);
        dispatcher.Await(Wait("running", Quiet));
        Enumerable.Range(0, 10).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        _host.Pause(Busy);
        dispatcher.Lines.Expire(Busy);

        dispatcher.Waiting.ShouldBe(0);
        dispatcher.TryTake(Busy, urgent: true, out _).ShouldBeNull();
        dispatcher.Admits(Row("b0", Busy), isLast: false).ShouldBeFalse();
        dispatcher.TakeWishes().ShouldBeEmpty();
        dispatcher.Figures(10).Lanes.ShouldHaveSingleItem().ShouldBe(new LaneFigures(Busy, false, 0, Mails.T0, HasMore: true));

        var looks = 0;
        dispatcher.MoreWanted = () => looks++;
        _host.Resume(Busy);
        dispatcher.Lines.Expire(Busy);

        looks.ShouldBe(1);
        var wish = dispatcher.TakeWishes().ShouldHaveSingleItem();
        wish.Group.ShouldBe("busy");
        dispatcher.Granted(wish, upTo: null);
        dispatcher.Admits(Row("b0", Busy), isLast: false).ShouldBeTrue();
    }

    [Fact]
    [Trait("Requirement", "B34")]
    public void A_pause_of_all_stops_every_org_and_its_end_is_heard_of_without_being_told()
    {
        var dispatcher = Started(slots: 4);
        _host.Pause(OrgId.All);
        dispatcher.Lines.Expire(OrgId.All);
        dispatcher.Await(Wait("b", Busy));
        dispatcher.Await(Wait("q", Quiet));
        _host.Asked.ShouldBeEmpty();

        var looks = 0;
        dispatcher.MoreWanted = () => looks++;
        _host.Resume(OrgId.All);
        _clock.Advance(TimeSpan.FromSeconds(2));

        looks.ShouldBePositive();
        dispatcher.TakeWishes().Select(wish => wish.Group).ShouldBe(["busy", "quiet"], ignoreOrder: true);
    }

    [Fact]
    public void A_lane_that_is_full_leaves_the_rest_to_the_store_and_wishes_for_it_when_it_runs_low()
    {
        var dispatcher = Started(slots: 1, waiting: 16);
        Enumerable.Range(0, 20).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy, Mails.T0 + TimeSpan.FromSeconds(i))));
        dispatcher.Waiting.ShouldBe(8);
        dispatcher.TakeWishes().ShouldBeEmpty();

        for (var i = 0; i < 4; i++)
        {
            Finish();
        }

        dispatcher.Await(Wait("fresh", Busy, Mails.T0 + TimeSpan.FromSeconds(30)));
        dispatcher.Waiting.ShouldBe(4, "What came later must not overtake what the store holds.");
        var wish = dispatcher.TakeWishes().ShouldHaveSingleItem();
        wish.Limit.ShouldBe(8);
        dispatcher.Granted(wish, Mails.T0 + TimeSpan.FromSeconds(12));
        dispatcher.Admits(Row("b8", Busy), isLast: false).ShouldBeFalse("It waits in memory.");
        dispatcher.Admits(Row("b9", Busy, Mails.T0 + TimeSpan.FromSeconds(9)), isLast: false).ShouldBeTrue();
        dispatcher.Admits(Row("b13", Busy, Mails.T0 + TimeSpan.FromSeconds(13)), isLast: false).ShouldBeFalse();
    }

    [Fact]
    public void What_is_left_while_a_wish_is_read_is_wished_for_again()
    {
        var dispatcher = Started(slots: 0, waiting: 16);
        Enumerable.Range(0, 3).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        dispatcher.Admits(Row("b3", Busy), isLast: true).ShouldBeTrue();
        var wish = dispatcher.TakeWishes().ShouldHaveSingleItem();

        dispatcher.Admits(Row("b4", Busy, Mails.T0 + TimeSpan.FromSeconds(1)), isLast: false).ShouldBeFalse();
        dispatcher.Granted(wish, upTo: null);

        dispatcher.TakeWishes().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_hundred_orgs_with_full_lanes_leave_room_for_another_ones_mail()
    {
        var dispatcher = Started(slots: 0, waiting: 64);
        for (var org = 0; org < 100; org++)
        {
            Enumerable.Range(0, 40).ToList().ForEach(i => dispatcher.Await(Wait($"o{org}_{i}", new($"org{org}"))));
        }

        dispatcher.Await(Wait("q", Quiet));

        dispatcher.Figures(1000).Lanes.Single(lane => lane.Org == Quiet).ShouldBe(new LaneFigures(Quiet, false, 1, Mails.T0, HasMore: false));
        dispatcher.Waiting.ShouldBeLessThanOrEqualTo(64 + 100 * 8);
    }

    [Fact]
    public void A_delivery_waits_once_however_often_it_is_announced()
    {
        var dispatcher = Started(slots: 0);

        dispatcher.Await(Wait("a", Busy));
        dispatcher.Await(Wait("a", Busy));

        dispatcher.Waiting.ShouldBe(1);
    }

    [Fact]
    public void Fresh_mail_takes_a_slot_only_when_nobody_waits_before_it()
    {
        var dispatcher = Started(slots: 2);
        dispatcher.TryTake(OrgId.Default, false, out _).ShouldNotBeNull();
        dispatcher.Await(Wait("a", Busy));
        dispatcher.Await(Wait("b", Busy));

        dispatcher.TryTake(OrgId.Default, false, out var witness).ShouldBeNull();
        witness.ShouldBeNull();
        dispatcher.Taken.ShouldBe(2);
    }

    [Fact]
    public void Fresh_mail_of_a_limited_org_takes_a_slot_only_when_its_call_is_near()
    {
        _host.Limit(Busy, 2);
        var dispatcher = Started(slots: 4);
        dispatcher.TryTake(Busy, false, out _).ShouldBeNull("Nobody has said yet what the org allows.");
        dispatcher.TryTake(Busy, false, out _).ShouldNotBeNull();
        dispatcher.TryTake(Busy, false, out _).ShouldBeNull();
        dispatcher.TryTake(OrgId.Default, false, out _).ShouldNotBeNull();
    }

    [Fact]
    public void No_claim_is_given_twice_and_every_claim_runs_out()
    {
        var dispatcher = Started(slots: 100);

        var claims = Enumerable.Range(0, 100).Select(i => dispatcher.TryTake(OrgId.Default, false, out var _)!).ToList();

        claims.Select(claim => claim.Token).ShouldBeUnique();
        claims.ShouldAllBe(claim => claim.Token.Incarnation == 3 && claim.Deadline == Mails.T0 + TimeSpan.FromSeconds(45));
    }

    [Fact]
    public void A_dispatcher_that_is_stopped_or_not_started_gives_nothing()
    {
        var dispatcher = new Dispatcher(_host, _host, new(4, TimeSpan.FromSeconds(45)) { Ahead = 0 }, _clock);
        dispatcher.TryTake(OrgId.Default, false, out _).ShouldBeNull();
        dispatcher.Start(1);
        dispatcher.TryTake(OrgId.Default, false, out _).ShouldNotBeNull();
        dispatcher.Stop();
        dispatcher.TryTake(OrgId.Default, false, out _).ShouldBeNull();
        dispatcher.Await(Wait("a", Busy));
        dispatcher.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Ten_thousand_refusals_on_the_spot_do_not_pile_up_on_the_stack()
    {
        var dispatcher = Started(slots: 1, waiting: 20_002);
        dispatcher.Await(Wait("held", Busy));
        Enumerable.Range(0, 10_000).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        _host.RefusesAtOnce = true;

        _host.AnswerOldest(NotDone.Busy);

        _host.DeepestStack.ShouldBeLessThan(3);
        _host.Asked.Count.ShouldBe(10_001);
        dispatcher.Taken.ShouldBe(0);
        dispatcher.Waiting.ShouldBe(0);
        dispatcher.TakeWishes().ShouldHaveSingleItem().Group.ShouldBe("busy");
    }

    [Fact]
    public void Slots_are_never_lost_and_never_made_up_whatever_is_answered() => Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt[]>(), choices =>
    {
        const int Slots = 4;
        var host = new ScriptedHost();
        var clock = new ManualClock();
        host.Limit(new("org1"), 10);
        var dispatcher = new Dispatcher(host, host, new(Slots, TimeSpan.FromSeconds(45)) { Ahead = 0 }, clock);
        dispatcher.Start(3);
        var attempts = new Queue<OrgId>();
        var asked = new Queue<OrgId>();
        var accepting = new Queue<(OrgId Org, IReplyTo Witness)>();
        foreach (var choice in choices.Select(choice => choice.Get))
        {
            var org = new OrgId($"org{choice % 3}");
            switch (choice % 8)
            {
                case 0 or 1:
                    dispatcher.Await(Wait($"{org}.{choice % 40}", org) with { Urgent = choice % 5 == 0 });
                    break;
                case 2 when host.Waiting > 0:
                    attempts.Enqueue(OldestAsked());
                    host.AnswerOldest(new Claimed());
                    break;
                case 3 when host.Waiting > 0:
                    OldestAsked();
                    host.AnswerOldest(choice % 2 == 0 ? NotDone.Busy : new NotClaimed(DeliveryStatus.Sent));
                    break;
                case 4:
                    if (dispatcher.TryTake(org, choice % 5 == 0, out var witness) is not null)
                    {
                        accepting.Enqueue((org, witness!));
                    }

                    break;
                case 5 when accepting.TryDequeue(out var accept):
                    if (choice % 2 == 1)
                    {
                        attempts.Enqueue(accept.Org);
                    }

                    accept.Witness.Reply(choice % 2 == 1 ? new Accepted(Mails.Id, DeliveryStatus.Sending, Attempting: true)
                        : choice % 4 == 0 ? NotDone.Late : new IdempotencyHit(Mails.Id, true));
                    break;
                case 6 when attempts.TryDequeue(out var attempt):
                    dispatcher.Release(attempt, called: false);
                    break;
                case 7:
                    clock.Advance(TimeSpan.FromMilliseconds(choice % 200));
                    break;
                default:
                    host.RefusesAtOnce = !host.RefusesAtOnce;
                    break;
            }

            dispatcher.Taken.ShouldBe(host.Waiting + attempts.Count + accepting.Count);
            dispatcher.Taken.ShouldBeInRange(0, Slots);
            dispatcher.Figures(10).Ahead.ShouldBe(dispatcher.Taken);
        }

        return true;

        OrgId OldestAsked() => new(host.Asked[^host.Waiting].Split('.')[0]);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(100));

    private Dispatcher Started(int slots, int waiting = 4096)
    {
        var dispatcher = new Dispatcher(_host, _host, new(slots, TimeSpan.FromSeconds(45)) { Ahead = 0, Waiting = waiting }, _clock);
        dispatcher.Start(3);
        return dispatcher;
    }

    /// <summary>The oldest claim's call begins, and its attempt is over.</summary>
    private void Call(Dispatcher dispatcher, OrgId org)
    {
        var line = dispatcher.Lines.Find(org)!;
        line.LastCall = dispatcher.Lines.Now;
        line.Ahead--;
        _host.AnswerOldest(new Claimed());
        dispatcher.Release(org, called: true);
    }

    /// <summary>The oldest claim comes to nothing, and its slot is free.</summary>
    private void Finish() => _host.AnswerOldest(new NotClaimed(DeliveryStatus.Sent));

    private static AwaitSlot Wait(string id, OrgId org, Instant? due = null) => new(new(id), org, due ?? Mails.T0, null);

    private static DueRow Row(string id, OrgId org, Instant? due = null) => new(due ?? Mails.T0, id) { Group = org.Value };
}
