using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>One message after the other, and every ask answered once.</summary>
public sealed class TurnTests
{
    [Fact]
    public void An_answer_is_given_only_after_the_commit()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Hold();

        var reply = world.Ask("a", new Enter(1));
        world.Run();
        reply.Count.ShouldBe(0);
        world.Rung.ShouldBeEmpty();

        world.Store.Faults.Release();
        world.Run();
        reply.Single.ShouldBe(new Entered(1));
        world.Rung.ShouldBe(["a 1"]);
    }

    [Fact]
    public void Messages_wait_in_order_while_a_write_is_in_flight_and_other_entities_go_on()
    {
        using var world = new KernelWorld();
        world.Answer("b", new Enter(1));
        world.Store.Faults.Hold();
        var first = world.Ask("a", new Enter(1));
        var second = world.Ask("a", new Enter(2));
        var third = world.Ask("a", new Read());
        world.Run();

        world.Answer("b", new Read()).ShouldBeOfType<BookState>();
        (first.Count + second.Count + third.Count).ShouldBe(0);

        world.Store.Faults.Release();
        world.Run();
        first.Single.ShouldBe(new Entered(1));
        second.Single.ShouldBe(new Entered(2));
        third.Single.ShouldBeOfType<BookState>().Entries.ShouldBe([1, 2]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_order_of_one_sender_holds_in_whatever_order_the_work_runs(int seed)
    {
        using var world = new KernelWorld(seed: seed);

        foreach (var entry in Enumerable.Range(0, 40))
        {
            world.Ask("abc"[entry % 3].ToString(), new Enter(entry));
        }

        world.Run();
        world.Rows.Rows.ShouldAllBe(row => row.State.Entries.SequenceEqual(row.State.Entries.Order()));
        world.Rows.Rows.Sum(row => row.State.Entries.Count).ShouldBe(40);
    }

    [Fact]
    public void A_full_mailbox_refuses_and_answers_everybody_once()
    {
        using var world = new KernelWorld(new() { MailboxCapacity = 10 });

        var replies = Enumerable.Range(0, 25).Select(entry => world.Ask("a", new Enter(entry))).ToList();

        replies.Count(reply => reply.Count == 1).ShouldBe(15);
        world.Node.Tell(Book.Kind, "a", new Enter(99)).ShouldBeFalse();
        world.Run();
        replies.ShouldAllBe(reply => reply.Count == 1);
        replies.Count(reply => reply.Single is NotDone { Reason: "busy" }).ShouldBe(15);
    }

    [Fact]
    public void A_full_stash_refuses_and_answers_everybody_once()
    {
        using var world = new KernelWorld(new() { StashCapacity = 3 });
        world.Store.Faults.Hold();

        var replies = Enumerable.Range(0, 10).Select(entry => world.Ask("a", new Open(entry))).ToList();
        world.Run();
        replies.Count(reply => reply.Count == 1 && reply.Single is NotDone { Reason: "busy" }).ShouldBe(6);

        world.Store.Faults.Release();
        world.Run();
        replies.ShouldAllBe(reply => reply.Count == 1);
    }

    [Fact]
    public void A_decision_that_fails_answers_its_asker_and_leaves_the_state_alone()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1));

        world.Answer("a", new Stumble()).ShouldBe(NotDone.Faulted);

        world.Events.Lines.ShouldBe(["decision_failed book a Stumble"]);
        world.Answer("a", new Read()).ShouldBeOfType<BookState>().Entries.ShouldBe([1]);
    }

    [Fact]
    public void An_event_that_cannot_be_applied_sets_only_its_entity_aside_until_it_is_passivated()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1));
        world.Answer("b", new Enter(1));

        world.Answer("a", new TearOut()).ShouldBe(NotDone.Faulted);

        world.Answer("a", new Read()).ShouldBe(NotDone.Quarantined);
        world.Answer("b", new Read()).ShouldBeOfType<BookState>();
        world.Events.Lines.ShouldBe(["quarantined book a"]);
        world.Node.Passivate(Book.Kind, "a");
        world.Answer("a", new Read()).ShouldBeOfType<BookState>().Entries.ShouldBe([1]);
    }

    [Fact]
    public void A_row_that_cannot_be_read_sets_only_its_entity_aside()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, Rests: true));
        world.Answer("b", new Enter(1, Rests: true));
        world.Store.Faults.MakeUnreadable("a");

        var broken = world.Ask("a", new Read());
        var alsoBroken = world.Ask("a", new Read());
        var whole = world.Ask("b", new Read());
        world.Run();

        broken.Single.ShouldBe(NotDone.Quarantined);
        alsoBroken.Single.ShouldBe(NotDone.Quarantined);
        whole.Single.ShouldBeOfType<BookState>();
    }

    [Fact]
    public void A_reply_or_an_effect_that_throws_harms_nobody_else()
    {
        using var world = new KernelWorld();
        world.OnEffect = _ => throw new InvalidOperationException("The test wants this effect to fail.");

        world.Node.Ask(Book.Kind, "a", new Enter(1), new Thrower());
        world.Run();

        world.Events.Lines.ShouldBe(["callback_failed book a", "callback_failed book a"]);
        world.OnEffect = null;
        world.Answer("a", new Enter(2)).ShouldBe(new Entered(2));
    }

    [Fact]
    public void A_creating_message_needs_no_read_and_finds_out_by_conflict_that_the_row_exists()
    {
        using var world = new KernelWorld(new() { EntitiesPerShard = 1 });

        world.Answer("a", new Open(1)).ShouldBe(new Entered(1));
        world.Rows.Loads.ShouldBe(0);
        world.Answer("b", new Open(1)).ShouldBe(new Entered(1));
        world.Answer("a", new Open(2)).ShouldBeOfType<Taken>();
        world.Rows.Loads.ShouldBe(1);
    }

    [Fact]
    public void A_mailbox_longer_than_a_wake_is_emptied_in_several()
    {
        using var world = new KernelWorld(new() { TurnsPerWake = 3, StashCapacity = 1000 });

        var replies = Enumerable.Range(0, 100).Select(entry => world.Ask("a", new Enter(entry))).ToList();
        world.Run();

        replies.ShouldAllBe(reply => reply.Count == 1 && reply.Single is Entered);
    }

    private sealed class Thrower : IReplyTo
    {
        public void Reply(object answer) => throw new InvalidOperationException("The test wants this reply to fail.");
    }
}
