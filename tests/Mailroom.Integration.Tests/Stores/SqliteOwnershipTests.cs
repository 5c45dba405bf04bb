using Mailroom.Actors.Cluster;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>A file that one process has: of ownership there are incarnations and epochs only.</summary>
public sealed class SqliteOwnershipTests : StoreTest<SqliteUnderTest>
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Who_joins_next_takes_all_shards_under_new_epochs_and_the_one_before_is_no_member()
    {
        var next = (await World.JoinAsync(Store)).Node;

        next.Members.Select(member => member.Incarnation).ShouldBe([next.Self]);
        next.Self.ShouldBeGreaterThan(World.Node.Self);
        next.Shards.ShouldAllBe(hold => hold.Owner == next.Self);
        next.Shards.Zip(World.Node.Shards).ShouldAllBe(pair => pair.First.Epoch == pair.Second.Epoch + 1);
        (await Store.Ownership.RenewAsync(World.Node.Self, false, Lease, CancellationToken.None)).Me.ShouldBeNull();
        (await Store.Ownership.RenewAsync(next.Self, false, Lease, CancellationToken.None)).Me.ShouldNotBeNull();
    }

    [Fact]
    public async Task It_has_one_node_whose_lease_never_runs_out()
    {
        Store.Ownership.IsShared.ShouldBeFalse();
        await Store.Ownership.DeclareLostAsync([World.Node.Self], CancellationToken.None);
        (await Store.Ownership.MoveAsync(World.Node.Self, [new(0, World.Node.Self, World.Node.Shards[0].Epoch, 99)], CancellationToken.None)).ShouldBe(0);
        var view = await Store.Ownership.ViewAsync(CancellationToken.None);
        view.Members.ShouldHaveSingleItem().LeaseLeft.ShouldBeGreaterThan(TimeSpan.FromDays(3650));
        view.Shards.ShouldBe(World.Node.Shards);

        await Store.Ownership.LeaveAsync(World.Node.Self, CancellationToken.None);
        (await Store.Ownership.ViewAsync(CancellationToken.None)).Members.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_of_a_cluster_is_refused_and_told_what_to_use()
    {
        var refused = await Should.ThrowAsync<JoinRefusedException>(
            async () => await Store.Ownership.JoinAsync(new("b", "http://b"), Lease, World.Shards, CancellationToken.None));
        refused.Message.ShouldContain("MAILROOM_STORE=postgres");
        (await Store.Ownership.ViewAsync(CancellationToken.None)).Members.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task It_keeps_the_number_of_shards_it_was_made_with() => await Should.ThrowAsync<ShardCountException>(
        async () => await Store.Ownership.JoinAsync(new("a", ""), Lease, World.Shards + 1, CancellationToken.None));
}
