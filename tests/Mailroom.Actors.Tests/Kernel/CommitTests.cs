using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>What becomes of a change, whatever the store does.</summary>
public sealed class CommitTests
{
    [Fact]
    public void One_commit_takes_all_that_gathered_while_the_last_one_ran()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Hold();
        world.Ask("first", new Open(0));
        world.Run();
        Enumerable.Range(0, 50).ToList().ForEach(i => world.Ask($"b{i}", new Open(i)));
        world.Run();

        world.Store.Faults.Release();
        world.Run();

        world.Store.Batches.ShouldBe([1, 50]);
    }

    [Fact]
    public void A_commit_is_never_larger_than_its_bound()
    {
        using var world = new KernelWorld(new() { CommitBatch = 20 });
        Enumerable.Range(0, 50).ToList().ForEach(i => world.Ask($"b{i}", new Open(i)));

        world.Run();

        world.Store.Batches.ShouldBe([20, 20, 10]);
    }

    [Fact]
    public void A_poisoned_change_fails_alone()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Poison("b37");

        var replies = Enumerable.Range(0, 50).Select(i => world.Ask($"b{i}", new Open(i))).ToList();
        world.Run();

        replies[37].Single.ShouldBe(NotDone.Faulted);
        replies.Count(reply => reply.Single is Entered).ShouldBe(49);
        world.Events.Lines.ShouldBe(["poisoned book b37"]);
        world.Store.Batches.Count.ShouldBeLessThan(20);
        world.Rows["b37"].ShouldBeNull();
    }

    [Fact]
    public void A_conflict_reads_the_row_and_decides_again()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1));
        world.Store.Faults.Conflict("a", 2);

        var entered = world.Ask("a", new Enter(2));
        var read = world.Ask("a", new Read());
        world.Run();

        entered.Single.ShouldBe(new Entered(2));
        read.Single.ShouldBeOfType<BookState>().Entries.ShouldBe([1, 2]);
    }

    [Fact]
    public void Conflicts_without_end_are_given_up_after_a_bound_and_the_next_message_starts_afresh()
    {
        using var world = new KernelWorld(new() { Redecisions = 3 });
        world.Answer("a", new Enter(1));
        world.Store.Faults.Conflict("a", 4);

        world.Answer("a", new Enter(2)).ShouldBe(NotDone.Busy);

        world.Answer("a", new Enter(3)).ShouldBe(new Entered(3));
        world.Rows["a"]!.State.Entries.ShouldBe([1, 3]);
    }

    [Fact]
    public void A_commit_whose_outcome_is_unknown_is_resolved_by_deciding_again()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Script(CommitFault.UnknownOutcome);

        var reply = world.Ask("a", new Enter(1));
        world.Advance(1000);

        reply.Single.ShouldBe(new Entered(1));
        world.Rows["a"]!.State.Entries.ShouldBe([1]);
        world.Rows["a"]!.Version.ShouldBe(1);
    }

    [Fact]
    public void A_store_that_is_away_is_tried_again_and_nothing_is_lost()
    {
        using var world = new KernelWorld();
        world.Store.Faults.IsUnavailable = true;
        var replies = Enumerable.Range(0, 10).Select(i => world.Ask($"b{i}", i % 2 == 0 ? new Open(i) : new Enter(i))).ToList();

        world.Advance(10_000);
        replies.ShouldAllBe(reply => reply.Count == 0);
        world.Node.IsStoreAvailable.ShouldBeFalse();

        world.Store.Faults.IsUnavailable = false;
        world.Advance(2_000);
        replies.ShouldAllBe(reply => reply.Count == 1 && reply.Single is Entered);
        world.Node.IsStoreAvailable.ShouldBeTrue();
        world.Events.Lines.ShouldBe(["store_failed", "store_recovered"]);
    }

    [Fact]
    public void A_store_that_can_be_read_and_not_written_to_is_unavailable_until_a_write_succeeds_and_told_once()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Draw = () => CommitFault.Unavailable;
        var reply = world.Ask("a", new Open(1));

        // The scan for what is due reads all the while.
        world.Advance(10_000);
        world.Node.IsStoreAvailable.ShouldBeFalse();
        world.Events.Lines.ShouldBe(["store_failed"]);

        world.Store.Faults.Draw = null;
        world.Advance(2_000);
        reply.Single.ShouldBeOfType<Entered>();
        world.Node.IsStoreAvailable.ShouldBeTrue();
        world.Events.Lines.ShouldBe(["store_failed", "store_recovered"]);
    }

    [Fact]
    public void A_change_that_turns_out_to_be_at_fault_ends_the_spell_of_the_store()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Script(CommitFault.Unavailable);
        world.Store.Faults.Poison("a");

        var reply = world.Ask("a", new Open(1));
        world.Advance(2_000);

        reply.Single.ShouldBe(NotDone.Faulted);
        world.Node.IsStoreAvailable.ShouldBeTrue();
    }

    [Fact]
    public void The_waits_for_a_failing_store_are_bounded()
    {
        using var world = new KernelWorld();
        world.Store.Faults.IsUnavailable = true;
        world.Ask("a", new Open(1));

        world.Advance(60_000);

        // 20 ms doubled up to 1 s: 63 tries in a minute, and none of them in a hot loop.
        world.Store.Batches.Count.ShouldBeInRange(60, 70);
    }

    [Fact]
    public void A_fenced_shard_drops_what_it_holds_and_refuses()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1));
        world.Answer("b", new Enter(1));
        world.Store.Fence(0);

        var first = world.Ask("a", new Enter(2));
        var stashed = world.Ask("a", new Enter(3));
        world.Run();

        first.Single.ShouldBe(NotDone.NotOwner);
        stashed.Single.ShouldBe(NotDone.NotOwner);
        world.Answer("b", new Read()).ShouldBe(NotDone.NotOwner);
        world.Node.Tell(Book.Kind, "b", new Read()).ShouldBeFalse();
        world.Events.Lines.ShouldBe(["fenced 0"]);
        world.Rows["a"]!.State.Entries.ShouldBe([1]);
    }

    [Fact]
    public void A_shard_that_comes_back_forgets_what_it_knew_before()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1));
        world.Node.Own(0, 0);
        world.Answer("a", new Read()).ShouldBe(NotDone.NotOwner);
        world.Node.Own(0, world.Store.Fence(0));
        world.Run();
        var loads = world.Rows.Loads;

        world.Answer("a", new Read()).ShouldBeOfType<BookState>().Entries.ShouldBe([1]);

        world.Rows.Loads.ShouldBe(loads + 1);
    }

    [Fact]
    public void What_was_committed_while_the_shard_was_given_up_is_answered_and_takes_effect()
    {
        using var world = new KernelWorld();
        world.Store.Faults.Hold();
        var committed = world.Ask("a", new Open(1));
        var entered = world.Ask("b", new Enter(5));
        var stashed = world.Ask("b", new Enter(6));
        world.Run();
        world.Node.Own(0, 0);

        world.Store.Faults.Release();
        world.Run();

        committed.Single.ShouldBe(new Entered(1));
        entered.Single.ShouldBe(new Entered(5));
        world.Rung.ShouldBe(["b 5"]);
        stashed.Single.ShouldBe(NotDone.NotOwner);
    }

    [Fact]
    public async Task What_the_store_noted_before_it_failed_is_not_taken_for_durable()
    {
        var rows = new MemoryStore(ThreadPoolScheduler.Instance).Table<BookState, BookEvent>("book", Book.DueAt);
        using var node = new Node(new() { Shards = 1 }, new BoastfulStore(), ThreadPoolScheduler.Instance, TimeProvider.System, new RecordingKernelEvents());
        node.Add<Book, BookState, BookMessage, BookEvent>(Book.Kind, rows, new NoRing(), OpenGate.Instance);
        node.Own(0, 1);
        var reply = new FirstReply();
        node.Ask(Book.Kind, "a", new Open(1), reply);

        (await node.DrainAsync(TimeSpan.FromMilliseconds(50))).ShouldBeFalse();

        (await reply.Answer.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(NotDone.Late);
    }

    /// <summary>Notes every change as committed and then finds that the commit failed.</summary>
    private sealed class BoastfulStore : ICommitStore
    {
        public ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
        {
            foreach (var change in batch)
            {
                change.Outcome = ChangeOutcome.Committed;
            }

            throw new StoreUnavailableException("The connection was lost at the commit.");
        }
    }

    private sealed class FirstReply : IReplyTo
    {
        private readonly TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<object> Answer => _answer.Task;

        public void Reply(object answer) => _answer.TrySetResult(answer);
    }

    private sealed class NoRing : IEffects
    {
        public void Run(string id, Effect effect) => throw new InvalidOperationException("Nothing was durable.");
    }
}
