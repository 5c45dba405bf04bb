using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Tests.Deliveries;

public sealed class SendPermitsTests
{
    private static readonly OrgId Acme = new("acme");
    private static readonly OrgId Other = new("other");
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(575);

    private static readonly Claim Held = Mails.Claim() with { Deadline = Mails.T0 + TimeSpan.FromDays(1) };

    private bool _isMember = true;
    private readonly ManualClock _clock = new();
    private readonly ScriptedHost _host = new();

    [Fact]
    public void A_claim_of_an_earlier_incarnation_goes_back_also_while_it_waits()
    {
        var permits = Permits(slots: 1, out _);
        Permit(permits.TakeAsync(Acme, urgent: false, Held)).ShouldBe(CallPermit.Given);
        var waits = permits.TakeAsync(Acme, urgent: false, Held);
        waits.IsCompleted.ShouldBeFalse();

        permits.Start(2);

        Permit(waits).ShouldBe(CallPermit.NotMember);
        Permit(permits.TakeAsync(Acme, urgent: false, Held)).ShouldBe(CallPermit.NotMember);
    }

    [Fact]
    public void A_claim_whose_time_ran_out_while_it_waited_goes_back()
    {
        var permits = Permits(slots: 1, out _);
        _clock.Jump(TimeSpan.FromDays(2));

        Permit(permits.TakeAsync(Acme, urgent: false, Held)).ShouldBe(CallPermit.ClaimOver);
    }

    [Fact]
    public void Without_its_lease_a_node_begins_no_call()
    {
        var permits = Permits(slots: 1, out _);
        _isMember = false;

        Permit(permits.TakeAsync(Acme, urgent: false, Held)).ShouldBe(CallPermit.NotMember);

        _isMember = true;
        Permit(permits.TakeAsync(Acme, urgent: false, Held)).ShouldBe(CallPermit.Given);
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public async Task Fifty_callers_on_as_many_threads_get_one_permit_in_each_spacing()
    {
        _host.Limit(Acme, 2);
        var permits = Permits(slots: 50, out _);
        using var together = new Barrier(50);
        var asked = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                return permits.TakeAsync(Acme, urgent: false, Held).AsTask();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        for (var given = 1; given <= 50; given++)
        {
            asked.Count(turn => turn.IsCompleted).ShouldBe(given);
            _clock.Advance(Spacing - TimeSpan.FromMilliseconds(1));
            asked.Count(turn => turn.IsCompleted).ShouldBe(given);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        (await Task.WhenAll(asked)).ShouldAllBe(permit => permit == CallPermit.Given);
    }

    [Fact]
    [Trait("Requirement", "C29")]
    public void There_are_never_more_permits_out_than_slots()
    {
        var permits = Permits(slots: 2, out _);
        var asked = Enumerable.Range(0, 5).Select(i => permits.TakeAsync(Other, urgent: false, Held)).ToList();

        asked.Count(turn => turn.IsCompleted).ShouldBe(2);
        permits.Waiting.ShouldBe(3);
        permits.Release();
        asked.Count(turn => turn.IsCompleted).ShouldBe(3);
    }

    [Fact]
    public void A_call_that_comes_late_moves_the_next_one()
    {
        _host.Limit(Acme, 2);
        var permits = Permits(slots: 1, out _);
        permits.TakeAsync(Acme, urgent: false, Held).IsCompleted.ShouldBeTrue();
        var (second, third) = (permits.TakeAsync(Acme, urgent: false, Held), permits.TakeAsync(Acme, urgent: false, Held));
        _clock.Advance(TimeSpan.FromMilliseconds(1500));
        permits.Release();
        second.IsCompleted.ShouldBeTrue();
        permits.Release();

        _clock.Advance(Spacing - TimeSpan.FromMilliseconds(1));
        third.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        third.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void Who_waits_for_its_orgs_time_keeps_no_slot_from_others_and_urgent_calls_go_first()
    {
        _host.Limit(Acme, 2);
        var permits = Permits(slots: 1, out _);
        permits.TakeAsync(Acme, urgent: false, Held).IsCompleted.ShouldBeTrue();
        var (waits, normal, urgent) = (permits.TakeAsync(Acme, urgent: false, Held), permits.TakeAsync(Other, urgent: false, Held), permits.TakeAsync(Other, urgent: true, Held));

        permits.Release();
        (waits.IsCompleted, normal.IsCompleted, urgent.IsCompleted).ShouldBe((false, false, true));
        permits.Release();
        (waits.IsCompleted, normal.IsCompleted).ShouldBe((false, true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_orgs_first_call_does_not_wait_behind_those_that_another_had_claimed_ahead(bool urgent)
    {
        var permits = Permits(slots: 1, out _);
        var ahead = Enumerable.Range(0, 30).Select(i => permits.TakeAsync(Acme, urgent, Held)).ToList();
        ahead.Count(turn => turn.IsCompleted).ShouldBe(1);
        var others = Enumerable.Range(0, 3).Select(i => permits.TakeAsync(Other, urgent, Held)).ToList();

        // One of each by turns, and what one org has more in the end.
        var order = new List<(int Acme, int Other)>();
        for (var i = 0; i < 8; i++)
        {
            permits.Release();
            order.Add((ahead.Count(turn => turn.IsCompleted), others.Count(turn => turn.IsCompleted)));
        }

        order.ShouldBe([(2, 0), (2, 1), (3, 1), (3, 2), (4, 2), (4, 3), (5, 3), (6, 3)]);
        ahead.FindLastIndex(turn => turn.IsCompleted).ShouldBe(5);
        permits.Waiting.ShouldBe(24);
    }

    [Theory]
    [InlineData("pause", CallPermit.Paused)]
    [InlineData("pause_all", CallPermit.Paused)]
    [InlineData("hold", CallPermit.Held)]
    [InlineData("close", CallPermit.Closed)]
    internal void Who_would_wait_for_long_is_sent_back_at_once(string why, CallPermit permit)
    {
        var permits = Permits(slots: 1, out var dispatcher);
        permits.TakeAsync(Other, urgent: false, Held).IsCompleted.ShouldBeTrue();
        var waits = permits.TakeAsync(Acme, urgent: false, Held);
        switch (why)
        {
            case "pause" or "pause_all":
                var org = why == "pause" ? Acme : OrgId.All;
                _host.Pause(org);
                dispatcher.Lines.Expire(org);
                break;
            case "hold":
                dispatcher.Lines.Hold(Acme, TimeSpan.FromMinutes(1));
                permits.Release();
                break;
            case "close":
                permits.Close();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(why));
        }

        Permit(waits).ShouldBe(permit);
    }

    [Fact]
    public void A_long_wait_for_a_slot_is_no_silence_of_the_org()
    {
        var permits = Permits(slots: 1, out _);
        permits.TakeAsync(Other, urgent: false, Held).IsCompleted.ShouldBeTrue();
        var waits = permits.TakeAsync(Other, urgent: false, Held);

        // Longer than terms hold: while there is no slot nobody asks for new ones.
        _clock.Advance(TimeSpan.FromSeconds(15));
        permits.Release();

        Permit(waits).ShouldBe(CallPermit.Given);
    }

    [Fact]
    public void An_org_that_does_not_answer_for_two_seconds_sends_its_calls_back()
    {
        var permits = Permits(slots: 1, out _);
        _clock.Advance(TimeSpan.FromHours(1));
        _host.Silent.Add(Acme);
        var turn = permits.TakeAsync(Acme, urgent: false, Held);

        _clock.Advance(TimeSpan.FromSeconds(2));
        turn.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        Permit(turn).ShouldBe(CallPermit.Unanswered);
        permits.Waiting.ShouldBe(0);
    }

    [Fact]
    public void Terms_are_renewed_in_time_and_no_call_is_made_on_old_ones()
    {
        var permits = Permits(slots: 4, out _);
        _clock.Advance(TimeSpan.FromHours(1));
        _host.Pause(Acme);

        var turn = permits.TakeAsync(Acme, urgent: false, Held);

        Permit(turn).ShouldBe(CallPermit.Paused);
        _host.Questions.Count(question => question.Org == Acme).ShouldBe(2);
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public void Two_nodes_that_send_for_one_org_keep_its_spacing_between_them()
    {
        var org = new SharedOrg(_clock);
        var nodes = new[] { org.NodeOf(1), org.NodeOf(2) };
        var calls = new List<TimeSpan>();
        foreach (var turn in Enumerable.Range(0, 12))
        {
            var node = nodes[turn / 3 % 2];
            var call = node.TakeAsync(Acme, urgent: false, Held);
            for (var waited = 0; !call.IsCompleted; waited++)
            {
                waited.ShouldBeLessThan(2000);
                _clock.Advance(TimeSpan.FromMilliseconds(1));
            }

            if (Permit(call) == CallPermit.Given)
            {
                calls.Add(_clock.GetElapsedTime(0));
                node.Release();
            }
        }

        calls.Count.ShouldBeGreaterThan(9);
        calls.Zip(calls.Skip(1)).ShouldAllBe(pair => pair.Second - pair.First >= Spacing);
    }

    [Theory]
    [Trait("Requirement", "A35")]
    [InlineData(2)]
    [InlineData(3)]
    public void Nodes_that_all_have_mail_of_one_org_take_turns_and_lose_little_by_it(int count)
    {
        var org = new SharedOrg(_clock);
        var nodes = Enumerable.Range(1, count).Select(n => org.NodeOf(n)).ToArray();
        var waiting = nodes.Select(node => node.TakeAsync(Acme, urgent: false, Held)).ToArray();
        var calls = new List<(int Node, TimeSpan At)>();
        for (var ms = 0; ms < 60_000; ms++, _clock.Advance(TimeSpan.FromMilliseconds(1)))
        {
            for (var node = 0; node < count; node++)
            {
                if (!waiting[node].IsCompleted)
                {
                    continue;
                }

                if (Permit(waiting[node]) == CallPermit.Given)
                {
                    calls.Add((node, _clock.GetElapsedTime(0)));
                    nodes[node].Release();
                }

                waiting[node] = nodes[node].TakeAsync(Acme, urgent: false, Held);
            }
        }

        calls.Zip(calls.Skip(1)).Where(pair => pair.Second.At - pair.First.At < Spacing).ShouldBeEmpty();
        var alone = 60 / Spacing.TotalSeconds;
        calls.Count.ShouldBeGreaterThan((int)(alone * 0.85));
        calls.CountBy(call => call.Node).Where(node => node.Value < calls.Count * 0.8 / count).ShouldBeEmpty();
    }

    private SendPermits Permits(int slots, out Dispatcher dispatcher)
    {
        dispatcher = new(_host, _host, new(slots, TimeSpan.FromSeconds(45)), _clock);
        dispatcher.Start(3);
        Open(dispatcher.Lines, Acme);
        Open(dispatcher.Lines, Other);
        var permits = new SendPermits(slots, dispatcher.Lines, () => _isMember, _clock);
        permits.Start(Held.Token.Incarnation);
        return permits;
    }

    private static CallPermit Permit(ValueTask<CallPermit> turn)
    {
        turn.IsCompleted.ShouldBeTrue();
        return turn.GetAwaiter().GetResult();
    }

    /// <summary>A line with its terms, as a claim of it would leave it.</summary>
    private static void Open(OrgLines lines, OrgId org)
    {
        lock (lines.Gate)
        {
            lines.Want(lines.Of(org)!, TimeSpan.Zero);
        }

        lines.Ask();
    }

    /// <summary>One org's actor, asked by several nodes.</summary>
    private sealed class SharedOrg(ManualClock clock)
    {
        private OrgState _state = OrgState.Absent;

        public SendPermits NodeOf(long incarnation)
        {
            var lines = new OrgLines(new Host(this), clock);
            lines.Start(incarnation);
            Open(lines, Acme);
            var permits = new SendPermits(4, lines, () => true, clock);
            permits.Start(Held.Token.Incarnation);
            return permits;
        }

        private object Answer(AskTerms question)
        {
            if (question.Org != Acme)
            {
                return new SendingTerms(question.Org, false, null, TimeSpan.Zero, Org.Window);
            }

            var turn = EntityKit<Org, OrgState, OrgMessage, OrgEvent>.When(_state, question, clock.Now());
            _state = turn.After;
            return turn.Reply;
        }

        private sealed class Host(SharedOrg org) : IActorHost
        {
            public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
                where TMessage : class => replyTo.Reply(org.Answer((AskTerms)(object)message));

            public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
                where TMessage : class => throw new InvalidOperationException("Permits only ask.");

            public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness)
                where TMessage : class => throw new InvalidOperationException("Permits do not wait.");

            public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
                where TMessage : class => throw new InvalidOperationException("Permits only ask.");
        }
    }
}
