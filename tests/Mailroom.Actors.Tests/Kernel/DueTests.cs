using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>Whoever waits for a time is woken at it: by the wheel when it is near, by the scan in any case.</summary>
public sealed class DueTests
{
    [Fact]
    [Trait("Requirement", "D16")]
    public void A_near_time_is_reached_within_a_slot_of_the_wheel_and_never_early()
    {
        using var world = new KernelWorld(new() { ScanInterval = TimeSpan.FromHours(1) });
        world.Answer("a", new Enter(1, world.Now + TimeSpan.FromMilliseconds(1003)));

        world.Advance(1002);
        world.Rows["a"]!.State.Woken.ShouldBe(0);

        world.Advance(17);
        world.Rows["a"]!.State.Woken.ShouldBe(1);
    }

    [Fact]
    [Trait("Requirement", "D16")]
    public void A_far_time_is_found_by_the_scan()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, world.Now + TimeSpan.FromMinutes(30), Rests: true));

        world.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromMilliseconds(1));
        world.Rows["a"]!.State.Woken.ShouldBe(0);

        world.Advance(251);
        world.Rows["a"]!.State.Woken.ShouldBe(1);
    }

    [Fact]
    public void What_a_restart_left_is_due_at_once()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, world.Now + TimeSpan.FromSeconds(1)));
        world.Node.Dispose();
        world.Clock.Advance(TimeSpan.FromMinutes(1));

        world.Restart();
        world.Advance(1);

        world.Rows["a"]!.State.Woken.ShouldBe(1);
    }

    [Fact]
    public void A_backlog_longer_than_a_page_is_read_page_by_page_and_once()
    {
        using var world = new KernelWorld(new() { ScanPage = 10 });
        LeaveDue(world, 95);
        var scans = world.Rows.Scans;

        world.Restart();
        world.Advance(1);

        world.Rows.Rows.ShouldAllBe(row => row.State.Woken == 1);
        (world.Rows.Scans - scans).ShouldBe(10);
    }

    [Fact]
    public void No_more_rows_are_told_than_there_is_room_for()
    {
        using var world = new KernelWorld(new() { RepairInterval = TimeSpan.FromHours(1) });
        LeaveDue(world, 20);
        world.Room = 0;

        world.Restart();
        world.Advance(1000);
        Woken(world).ShouldBe(0);

        world.Room = 20;
        world.Advance(250);
        Woken(world).ShouldBe(20);
    }

    [Fact]
    public void What_was_told_and_dropped_is_told_again()
    {
        using var world = new KernelWorld(new() { RepairInterval = TimeSpan.FromHours(1), MailboxCapacity = 4 });
        LeaveDue(world, 20);

        world.Restart();
        world.Advance(250 * 10);

        Woken(world).ShouldBe(20);
    }

    [Fact]
    public void The_scan_goes_back_to_the_earliest_that_was_dropped()
    {
        using var world = new KernelWorld(new() { RepairInterval = TimeSpan.FromHours(1) });
        world.Advance(1);
        world.Answer("late", new Enter(1, world.Now + TimeSpan.FromSeconds(20), Rests: true));
        world.Advance(21_000);
        world.Node.Own(0, 0);
        world.Store.Fence(0);
        world.Node.Own(0, world.Store.Fence(0));
        var early = world.Now + TimeSpan.FromSeconds(-10);
        world.Ask("early", new Enter(1, early, Rests: true));
        world.Store.Faults.Conflict("early", 1);
        world.Run();
        world.Rows["early"]!.State.Woken.ShouldBe(0);

        world.Dropped = early;
        world.Advance(250);

        world.Rows["early"]!.State.Woken.ShouldBe(1);
    }

    [Fact]
    public void A_shard_that_was_lost_does_not_keep_the_others_from_their_times()
    {
        using var world = new KernelWorld(new() { Shards = 2, ScanInterval = TimeSpan.FromMilliseconds(250) });
        var lost = Id(world, 0);
        var kept = Id(world, 1);
        world.Answer(lost, new Enter(1, world.Now + TimeSpan.FromSeconds(20), Rests: true));
        world.Answer(kept, new Enter(1, world.Now + TimeSpan.FromSeconds(21), Rests: true));
        world.Store.Fence(0);
        world.Answer(lost, new Enter(2)).ShouldBe(NotDone.NotOwner);

        world.Advance(22_000);

        world.Rows[kept]!.State.Woken.ShouldBe(1);
        world.Rows[lost]!.State.Woken.ShouldBe(0);
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_stop_the_repair()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, world.Now + TimeSpan.FromSeconds(20), Rests: true));
        world.Advance(21_000);
        world.Rows["a"]!.State.Woken.ShouldBe(1);
        world.Clock.Jump(TimeSpan.FromHours(-1));

        world.Answer("b", new Enter(1, world.Now + TimeSpan.FromSeconds(20), Rests: true));
        world.Advance(26_000);

        world.Rows["b"]!.State.Woken.ShouldBe(1);
    }

    [Fact]
    public void A_scan_that_the_store_fails_is_made_again_when_it_is_back()
    {
        using var world = new KernelWorld();
        world.Answer("a", new Enter(1, world.Now + TimeSpan.FromSeconds(20), Rests: true));
        world.Store.Faults.IsUnavailable = true;
        world.Advance(30_000);
        world.Node.IsStoreAvailable.ShouldBeFalse();

        world.Store.Faults.IsUnavailable = false;
        world.Advance(1000);

        world.Rows["a"]!.State.Woken.ShouldBe(1);
        world.Node.IsStoreAvailable.ShouldBeTrue();
    }

    private static void LeaveDue(KernelWorld world, int rows)
    {
        Enumerable.Range(0, rows).ToList().ForEach(i => world.Answer($"b{i:D3}", new Enter(1, world.Now + TimeSpan.FromSeconds(1 + i % 7), Rests: true)));
        world.Node.Dispose();
        world.Clock.Advance(TimeSpan.FromMinutes(1));
    }

    private static int Woken(KernelWorld world) => world.Rows.Rows.Sum(row => row.State.Woken);

    private static string Id(KernelWorld world, int shard) =>
        Enumerable.Range(0, 100).Select(i => $"b{i}").First(id => StableHash.Shard(id, 2) == shard && world.Rows[id] is null);
}
