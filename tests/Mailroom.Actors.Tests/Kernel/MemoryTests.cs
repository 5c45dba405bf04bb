using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>How many entities are kept in memory.</summary>
public sealed class MemoryTests
{
    [Fact]
    public void The_longest_idle_entity_makes_room()
    {
        using var world = new KernelWorld(new() { EntitiesPerShard = 3 });
        foreach (var id in "abc")
        {
            world.Answer(id.ToString(), new Enter(1));
        }

        world.Answer("a", new Read());
        world.Answer("d", new Enter(1));

        Loads(world, "a").ShouldBe(0);
        Loads(world, "c").ShouldBe(0);
        Loads(world, "b").ShouldBe(1);
    }

    [Fact]
    public void A_busy_entity_never_makes_room_and_a_new_one_is_refused_while_all_are_busy()
    {
        using var world = new KernelWorld(new() { EntitiesPerShard = 2 });
        world.Store.Faults.Hold();
        var first = world.Ask("a", new Open(1));
        var second = world.Ask("b", new Open(1));
        world.Run();

        world.Answer("c", new Open(1)).ShouldBe(NotDone.Busy);

        world.Store.Faults.Release();
        world.Run();
        first.Single.ShouldBe(new Entered(1));
        second.Single.ShouldBe(new Entered(1));
        world.Answer("c", new Open(1)).ShouldBe(new Entered(1));
    }

    [Fact]
    public void A_resting_entity_leaves_at_once_and_one_that_was_never_written_is_not_kept()
    {
        using var world = new KernelWorld();
        world.Answer("resting", new Enter(1, Rests: true));
        world.Answer("absent", new Read());

        Loads(world, "resting").ShouldBe(1);
        Loads(world, "absent").ShouldBe(1);
    }

    [Fact]
    public void A_passivated_entity_leaves_but_not_while_it_writes()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1));
        world.Node.Passivate(Book.Kind, "a");
        world.Run();
        Loads(world, "a").ShouldBe(1);

        world.Store.Faults.Hold();
        var reply = world.Ask("a", new Enter(2));
        world.Node.Passivate(Book.Kind, "a");
        world.Run();
        world.Store.Faults.Release();
        world.Run();
        reply.Single.ShouldBe(new Entered(2));
        Loads(world, "a").ShouldBe(0);
    }

    [Fact]
    public void Entities_that_are_woken_together_are_read_together()
    {
        using var world = new KernelWorld(new() { LoadBatch = 20 });

        var replies = Enumerable.Range(0, 50).Select(i => world.Ask($"b{i}", new Read())).ToList();
        world.Run();

        replies.ShouldAllBe(reply => reply.Single is BookState);
        world.Rows.Loads.ShouldBe(3);
    }

    private static int Loads(KernelWorld world, string id)
    {
        var before = world.Rows.Loads;
        world.Answer(id, new Read());
        return world.Rows.Loads - before;
    }
}
