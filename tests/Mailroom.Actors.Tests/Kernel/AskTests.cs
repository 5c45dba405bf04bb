using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>Asks that are awaited: one answer each, by the entity or by the deadline, and never somebody else's.</summary>
public sealed class AskTests
{
    [Fact]
    public void An_ask_that_takes_too_long_is_answered_late_and_its_witness_hears_the_rest()
    {
        using var world = new KernelWorld(new() { AskDeadline = TimeSpan.FromSeconds(2) });
        var witness = new Replies();
        world.Store.Faults.Hold();

        var ask = world.Node.AskAsync(Book.Kind, "a", new Open(1), witness).AsTask();
        world.Result(ask, TimeSpan.FromSeconds(3)).ShouldBe(NotDone.Late);
        witness.Count.ShouldBe(0);

        world.Store.Faults.Release();
        world.Run();
        witness.Single.ShouldBe(new Entered(1));
    }

    [Fact]
    public void A_witness_hears_an_answer_in_time_before_the_asker_goes_on()
    {
        using var world = new KernelWorld();
        var witness = new Replies();

        var ask = world.Node.AskAsync(Book.Kind, "a", new Open(1), witness).AsTask();

        world.Result(ask, TimeSpan.Zero).ShouldBe(new Entered(1));
        witness.Single.ShouldBe(new Entered(1));
    }

    [Fact]
    public void A_late_answer_never_reaches_a_later_ask()
    {
        using var world = new KernelWorld(new() { AskDeadline = TimeSpan.FromSeconds(1) });
        world.Store.Faults.Hold();
        var late = Enumerable.Range(0, 20).Select(i => world.Node.AskAsync(Book.Kind, $"late{i}", new Open(i)).AsTask()).ToList();
        late.ForEach(ask => world.Result(ask, TimeSpan.FromSeconds(2)).ShouldBe(NotDone.Late));
        var later = Enumerable.Range(100, 20).Select(i => world.Node.AskAsync(Book.Kind, $"later{i}", new Open(i)).AsTask()).ToList();

        world.Store.Faults.Release();
        world.Run();

        later.Select(ask => world.Result(ask, TimeSpan.Zero)).ShouldBe(Enumerable.Range(100, 20).Select(i => new Entered(i)));
    }

    [Fact]
    public void A_stopping_node_refuses_and_tells_the_witness()
    {
        using var world = new KernelWorld();
        world.Result(world.Node.DrainAsync(TimeSpan.FromSeconds(1)), TimeSpan.FromSeconds(2)).ShouldBeTrue();
        var witness = new Replies();

        world.Result(world.Node.AskAsync(Book.Kind, "a", new Open(1), witness).AsTask(), TimeSpan.Zero).ShouldBe(NotDone.Stopping);

        witness.Single.ShouldBe(NotDone.Stopping);
        world.Answer("a", new Read()).ShouldBe(NotDone.Stopping);
        world.Node.Tell(Book.Kind, "a", new Read()).ShouldBeFalse();
    }

    [Fact]
    public void A_drain_waits_for_what_was_taken()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Hold();
        var reply = world.Ask("a", new Open(1));
        var stashed = world.Ask("a", new Enter(2));
        world.Run();

        var drained = world.Node.DrainAsync(TimeSpan.FromSeconds(5));
        world.Advance(1000);
        drained.IsCompleted.ShouldBeFalse();
        world.Store.Faults.Release();

        world.Result(drained, TimeSpan.FromSeconds(1)).ShouldBeTrue();
        (reply.Count + stashed.Count).ShouldBe(2);
    }

    [Fact]
    public void A_drain_gives_up_on_a_store_that_is_away_and_leaves_no_asker_waiting()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, Rests: true));
        world.Store.Faults.IsUnavailable = true;
        var writing = world.Node.AskAsync(Book.Kind, "b", new Open(1)).AsTask();
        var loading = world.Node.AskAsync(Book.Kind, "a", new Read()).AsTask();
        world.Run();

        world.Result(world.Node.DrainAsync(TimeSpan.FromSeconds(1)), TimeSpan.FromSeconds(2)).ShouldBeFalse();
        world.Run();

        world.Result(writing, TimeSpan.Zero).ShouldBe(NotDone.Late);
        world.Result(loading, TimeSpan.Zero).ShouldBe(NotDone.Late);
        world.Events.Lines.ShouldBe(["store_failed"]);
    }

    [Fact]
    public void A_node_that_is_disposed_while_it_works_blames_no_change_and_no_row()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, Rests: true));
        world.Store.Faults.IsUnavailable = true;
        world.Ask("b", new Open(1));
        world.Ask("a", new Read());
        world.Run();

        world.Node.Dispose();
        world.Store.Faults.IsUnavailable = false;
        world.Advance(5000);

        world.Events.Lines.ShouldBe(["store_failed"]);
    }

    [Fact]
    public async Task An_old_deadline_never_answers_a_new_ask()
    {
        // The race itself: a pooled ask is answered and opened again while its old deadline is being looked at.
        var clock = new ManualClock();
        var book = new AskBook(ThreadPoolScheduler.Instance, clock, TimeSpan.Zero);
        using var stop = new CancellationTokenSource();
        var expiring = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                book.Expire();
            }
        });
        expiring.Start();

        var mine = 0;
        var late = 0;
        var others = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(asker => Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                var ask = book.Open();
                var pending = ask.Task;
                var question = new object();
                ThreadPool.UnsafeQueueUserWorkItem(_ => ask.Reply(question), null);
                var answer = await pending;
                Interlocked.Increment(ref ReferenceEquals(answer, question) ? ref mine : ref ReferenceEquals(answer, NotDone.Late) ? ref late : ref others);
            }
        })));
        stop.Cancel();
        expiring.Join();

        others.ShouldBe(0);
        (mine + late).ShouldBe(20_000);
    }
}
