using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>Commits and moves of shards beside each other: after a move nothing is written under the old epoch, and nothing that was being written is torn.</summary>
public sealed class PostgresMoveTests : StoreTest<PostgresUnderTest>
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    [Fact]
    [Trait("Requirement", "D18")]
    public async Task After_a_move_commits_under_the_old_epoch_are_refused_and_those_of_other_shards_are_not()
    {
        var (first, second) = await JoinTwo();
        var kept = await first.CommittedAsync(first.Accept("kept"));
        var other = Enumerable.Range(0, 1000).Select(n => $"other-{n}").First(id => StableHash.Shard(id, World.Shards) != kept.Shard);
        await Give(first, kept.Shard, second.Node.Self);

        var late = first.Next(kept, new Actors.Deliveries.CancelDelivery("me"));
        var elsewhere = first.Accept(other);
        await first.CommitAsync(late, elsewhere);

        late.Outcome.ShouldBe(ChangeOutcome.Fenced);
        elsewhere.Outcome.ShouldBe(ChangeOutcome.Committed);
        await World.ShouldBeStoredAsync(kept);
        var taken = World.Again(late, (await Store.Ownership.ViewAsync(CancellationToken.None)).Shards[kept.Shard].Epoch);
        await second.CommitAsync(taken);
        taken.Outcome.ShouldBe(ChangeOutcome.Committed);
    }

    [Fact]
    [Trait("Requirement", "D18")]
    public async Task A_move_waits_for_a_commit_in_flight_which_is_written_whole()
    {
        var (first, second) = await JoinTwo();
        var accept = first.Accept("in-flight");
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        Task committing;
        Task moving;
        await using (var hold = await connection.BeginTransactionAsync())
        {
            await using var locking = new NpgsqlCommand("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE", connection, hold);
            await locking.ExecuteNonQueryAsync();
            committing = first.CommitAsync(accept);
            await UntilWaiting("relation", 1);
            moving = Give(first, accept.Shard, second.Node.Self);
            await UntilWaiting("advisory", 1);
            moving.IsCompleted.ShouldBeFalse();
            await hold.RollbackAsync();
        }

        await Deadline.In().Wait(Task.WhenAll(committing, moving), "the commit and the move to end");
        accept.Outcome.ShouldBe(ChangeOutcome.Committed);
        await World.ShouldBeStoredAsync(accept);
    }

    private Task UntilWaiting(string kind, int count) => Eventually.True(
        async () => (await Database.QueryAsync($"SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND l.locktype = '{kind}' AND a.application_name = '{Database.Schema}'"))[0] == $"{count}",
        $"{count} to wait for a lock of kind {kind}");

    /// <summary>Two members of a cluster, of which the first owns all.</summary>
    private async Task<(World First, World Second)> JoinTwo()
    {
        await Store.Ownership.LeaveAsync(World.Node.Self, CancellationToken.None);
        var first = await Store.Ownership.JoinAsync(new("a", "http://a"), Lease, World.Shards, CancellationToken.None);
        var second = await Store.Ownership.JoinAsync(new("b", "http://b"), Lease, World.Shards, CancellationToken.None);
        ShardMove[] moves = [.. first.Shards.Select((hold, shard) => new ShardMove(shard, hold.Owner, hold.Epoch, first.Self))];
        (await Store.Ownership.MoveAsync(first.Self, moves, CancellationToken.None)).ShouldBe(World.Shards);
        var view = await Store.Ownership.RenewAsync(first.Self, false, Lease, CancellationToken.None);
        return (World.As(view), World.As(view with { Self = second.Self }));
    }

    private async Task Give(World from, int shard, long to) => (await Store.Ownership.MoveAsync(
        from.Node.Self, [new(shard, from.Node.Self, from.Node.Shards[shard].Epoch, to)], CancellationToken.None)).ShouldBe(1);
}
