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

    [Fact]
    public void An_org_with_ten_thousand_waiting_delays_another_by_at_most_one_turn()
    {
        var host = new ScriptedHost();
        var dispatcher = Started(host, slots: 1, waiting: 20_000);
        Enumerable.Range(0, 10_000).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        dispatcher.Await(Wait("q", Quiet));

        host.AnswerOldest(new Claimed());
        dispatcher.Release();
        host.AnswerOldest(new Claimed());
        dispatcher.Release();

        host.Asked.Take(3).ShouldBe(["b0", "b1", "q"]);
    }

    [Fact]
    public void Orgs_take_turns_and_each_keeps_its_own_order()
    {
        var host = new ScriptedHost();
        var dispatcher = Started(host, slots: 1);
        foreach (var id in new[] { "a1", "a2", "a3", "b1", "c1", "c2" })
        {
            dispatcher.Await(Wait(id, new(id[..1])));
        }

        for (var i = 0; i < 5; i++)
        {
            host.AnswerOldest(new NotClaimed(DeliveryStatus.Sent));
        }

        host.Asked.ShouldBe(["a1", "a2", "b1", "c1", "a3", "c2"]);
    }

    [Fact]
    public void No_more_wait_in_memory_than_allowed_and_the_scan_is_sent_back_to_the_earliest_dropped()
    {
        var dispatcher = Started(new(), slots: 0, waiting: 3);
        for (var i = 0; i < 6; i++)
        {
            dispatcher.Await(Wait($"d{i}", Busy, Mails.T0 + TimeSpan.FromSeconds(10 - i)));
        }

        dispatcher.Waiting.ShouldBe(3);
        dispatcher.Room.ShouldBe(0);
        dispatcher.TakeDropped().ShouldBe(Mails.T0 + TimeSpan.FromSeconds(5));
        dispatcher.TakeDropped().ShouldBeNull();
    }

    [Fact]
    public void A_delivery_waits_once_however_often_it_is_announced()
    {
        var dispatcher = Started(new(), slots: 0);

        dispatcher.Await(Wait("a", Busy));
        dispatcher.Await(Wait("a", Busy));

        dispatcher.Waiting.ShouldBe(1);
    }

    [Fact]
    public void Fresh_mail_takes_a_slot_only_when_nobody_waits_before_it()
    {
        var host = new ScriptedHost();
        var dispatcher = Started(host, slots: 2);
        dispatcher.TryTake().ShouldNotBeNull();
        dispatcher.Await(Wait("a", Busy));
        dispatcher.Await(Wait("b", Busy));

        dispatcher.TryTake().ShouldBeNull();
        dispatcher.Taken.ShouldBe(2);
    }

    [Fact]
    public void No_claim_is_given_twice_and_every_claim_runs_out()
    {
        var dispatcher = Started(new(), slots: 100);

        var claims = Enumerable.Range(0, 100).Select(_ => dispatcher.TryTake()!).ToList();

        claims.Select(claim => claim.Token).ShouldBeUnique();
        claims.ShouldAllBe(claim => claim.Token.Incarnation == 3 && claim.Deadline == Mails.T0 + TimeSpan.FromSeconds(45));
    }

    [Fact]
    public void A_dispatcher_that_is_stopped_or_not_started_gives_nothing()
    {
        var dispatcher = new Dispatcher(new ScriptedHost(), new(4, TimeSpan.FromSeconds(45)) { Ahead = 0 }, new ManualClock());
        dispatcher.TryTake().ShouldBeNull();
        dispatcher.Start(1);
        dispatcher.TryTake().ShouldNotBeNull();
        dispatcher.Stop();
        dispatcher.TryTake().ShouldBeNull();
        dispatcher.Await(Wait("a", Busy));
        dispatcher.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Ten_thousand_refusals_on_the_spot_do_not_pile_up_on_the_stack()
    {
        var host = new ScriptedHost();
        var dispatcher = Started(host, slots: 1, waiting: 20_000);
        dispatcher.Await(Wait("held", Busy));
        Enumerable.Range(0, 10_000).ToList().ForEach(i => dispatcher.Await(Wait($"b{i}", Busy)));
        host.RefusesAtOnce = true;

        host.AnswerOldest(NotDone.Busy);

        host.DeepestStack.ShouldBeLessThan(3);
        host.Asked.Count.ShouldBe(10_001);
        dispatcher.Taken.ShouldBe(0);
        dispatcher.Waiting.ShouldBe(0);
        dispatcher.TakeDropped().ShouldBe(Mails.T0);
    }

    [Fact]
    public void Slots_are_never_lost_and_never_made_up_whatever_is_answered() => Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt[]>(), choices =>
    {
        const int Slots = 4;
        var host = new ScriptedHost();
        var dispatcher = Started(host, Slots);
        var attempts = 0;
        var accepting = 0;
        foreach (var choice in choices.Select(choice => choice.Get))
        {
            switch (choice % 7)
            {
                case 0 or 1:
                    dispatcher.Await(Wait($"d{choice % 40}", new($"org{choice % 3}")));
                    break;
                case 2 when host.Waiting > 0:
                    attempts++;
                    host.AnswerOldest(new Claimed());
                    break;
                case 3 when host.Waiting > 0:
                    host.AnswerOldest(choice % 2 == 0 ? NotDone.Busy : new NotClaimed(DeliveryStatus.Sent));
                    break;
                case 4:
                    accepting += dispatcher.TryTake() is null ? 0 : 1;
                    break;
                case 5 when accepting > 0:
                    accepting--;
                    attempts += choice % 2;
                    dispatcher.Reply(choice % 2 == 1 ? new Accepted(Mails.Id, DeliveryStatus.Sending, Attempting: true)
                        : choice % 4 == 0 ? NotDone.Late : new IdempotencyHit(Mails.Id, true));
                    break;
                case 6 when attempts > 0:
                    attempts--;
                    dispatcher.Release();
                    break;
                default:
                    host.RefusesAtOnce = !host.RefusesAtOnce;
                    break;
            }

            dispatcher.Taken.ShouldBe(host.Waiting + attempts + accepting);
            dispatcher.Taken.ShouldBeInRange(0, Slots);
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(100));

    private static Dispatcher Started(ScriptedHost host, int slots, int waiting = 4096)
    {
        var dispatcher = new Dispatcher(host, new(slots, TimeSpan.FromSeconds(45)) { Ahead = 0, Waiting = waiting }, new ManualClock());
        dispatcher.Start(3);
        return dispatcher;
    }

    private static AwaitSlot Wait(string id, OrgId org, Instant? due = null) => new(new(id), org, due ?? Mails.T0, null);

    /// <summary>Answers asks when the test says so, or refuses them on the spot.</summary>
    private sealed class ScriptedHost : IActorHost
    {
        private readonly Queue<IReplyTo> _waiting = new();
        private int _depth;

        public List<string> Asked { get; } = [];

        public bool RefusesAtOnce { get; set; }

        public int DeepestStack { get; private set; }

        public int Waiting => _waiting.Count;

        public void AnswerOldest(object answer) => _waiting.Dequeue().Reply(answer);

        public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
            where TMessage : class
        {
            Asked.Add(id);
            if (!RefusesAtOnce)
            {
                _waiting.Enqueue(replyTo);
                return;
            }

            DeepestStack = Math.Max(DeepestStack, ++_depth);
            replyTo.Reply(NotDone.Busy);
            _depth--;
        }

        public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
            where TMessage : class => throw new InvalidOperationException("The dispatcher only asks.");

        public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness)
            where TMessage : class => throw new InvalidOperationException("The dispatcher does not wait.");

        public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
            where TMessage : class => throw new InvalidOperationException("The dispatcher only asks.");
    }
}
