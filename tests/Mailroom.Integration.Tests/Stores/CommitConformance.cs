using System.Text.RegularExpressions;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Rows;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresCommitTests : CommitConformance<PostgresUnderTest>;

public sealed class SqliteCommitTests : CommitConformance<SqliteUnderTest>;

/// <summary>What every store makes of changes, whole batches of them.</summary>
public abstract class CommitConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    [Fact]
    public async Task An_empty_batch_is_nothing_to_do() => await World.CommitAsync();

    [Fact]
    public async Task A_batch_of_many_is_stored_whole()
    {
        var batch = Enumerable.Range(0, 500).Select(n => World.Accept($"many-{n}")).ToArray();
        await World.CommitAsync(batch);

        batch.ShouldAllBe(change => change.Outcome == ChangeOutcome.Committed);
        (await World.LoadAsync([.. batch.Select(change => change.Id)])).Count.ShouldBe(500);
        (await Database.QueryAsync("SELECT count(*) FROM delivery_recipients")).ShouldBe(["1500"]);
        (await Database.QueryAsync("SELECT count(*) FROM delivery_payloads")).ShouldBe(["500"]);
        (await Database.QueryAsync("SELECT count(*) FROM delivery_events")).ShouldBe(["500"]);
    }

    [Fact]
    public async Task A_delivery_that_exists_is_a_conflict_and_its_neighbours_are_stored()
    {
        var first = await World.CommittedAsync(World.Accept("taken"));
        var again = World.Accept(World.Command("taken", World.Request("another@example.test")));
        var neighbour = World.Accept("neighbour");
        await World.CommitAsync(again, neighbour);

        again.Outcome.ShouldBe(ChangeOutcome.Conflict);
        neighbour.Outcome.ShouldBe(ChangeOutcome.Committed);
        await World.ShouldBeStoredAsync(first);
        (await PayloadAsync("taken")).To[0].Address.ShouldBe("one@example.test");
    }

    [Fact]
    public async Task A_commit_whose_outcome_was_not_learnt_gives_a_conflict_when_it_is_tried_again()
    {
        var accept = World.Accept(World.Command("twice") with { Idempotency = World.Key("k", World.Now + TimeSpan.FromDays(1)), Claim = World.Claim() });
        await World.CommittedAsync(accept);
        var ended = await World.CommittedAsync(World.Ended(accept, Histories.Accepted));

        var (acceptAgain, endedAgain) = (World.Again(accept), World.Again(ended));
        await World.CommitAsync(acceptAgain, endedAgain);

        acceptAgain.Outcome.ShouldBe(ChangeOutcome.Conflict);
        endedAgain.Outcome.ShouldBe(ChangeOutcome.Conflict);
        (await Database.QueryAsync("SELECT count(*) FROM attempts")).ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_change_of_another_version_is_a_conflict_and_writes_nothing()
    {
        var accept = await World.CommittedAsync(World.Accept(World.Command("moved") with { Claim = World.Claim() }));
        var ended = await World.CommittedAsync(World.Ended(accept, Histories.Accepted));
        var stale = World.Ended(accept, Histories.Deferred with { Rendered = new("s", "", null, "en", false) }, new RetryLadder([]));
        var absent = World.Next(World.Accept("never-stored"), new CancelDelivery("me"));
        await World.CommitAsync(stale, absent);

        stale.Outcome.ShouldBe(ChangeOutcome.Conflict);
        absent.Outcome.ShouldBe(ChangeOutcome.Conflict);
        await World.ShouldBeStoredAsync(ended);
        (await Database.QueryAsync("SELECT count(*) FROM dead_letters")).ShouldBe(["0"]);
        (await Store.Deliveries.AttemptsAsync(new("moved"), CancellationToken.None)).Count.ShouldBe(1);
        (await Store.Deliveries.FindAsync(null, new("moved"), CancellationToken.None))!.Rendered.ShouldBeNull();
    }

    [Fact]
    [Trait("Requirement", "C26")]
    public async Task A_node_whose_shards_were_taken_can_write_nothing_any_more()
    {
        var kept = await World.CommittedAsync(World.Accept(World.Command("kept") with { Claim = World.Claim() }));
        var successor = await World.JoinAsync(Store);

        var accept = World.Accept(World.Command("late") with { Idempotency = World.Key("late", World.Now + TimeSpan.FromDays(1)) });
        var step = World.Next(kept, new ProviderReported(DeliveryStatus.Delivered, [], null));
        var end = World.Ended(kept, Histories.Deferred, new RetryLadder([]));
        await World.CommitAsync(accept, step);
        await World.CommitAsync(end);

        new[] { accept.Outcome, step.Outcome, end.Outcome }.ShouldAllBe(outcome => outcome == ChangeOutcome.Fenced);
        (await World.LoadAsync("late")).ShouldBeEmpty();
        await World.ShouldBeStoredAsync(kept);
        (await Database.QueryAsync("SELECT count(*) FROM idempotency")).ShouldBe(["0"]);
        (await Database.QueryAsync("SELECT count(*) FROM dead_letters")).ShouldBe(["0"]);

        var change = World.Again(end, successor.Node.Shards[end.Shard].Epoch);
        await World.CommitAsync(change);
        change.Outcome.ShouldBe(ChangeOutcome.Committed);
    }

    [Theory]
    [InlineData("same", true)]
    [InlineData("other", false)]
    public async Task A_key_that_is_taken_refuses_the_change_and_names_the_holder(string content, bool same)
    {
        var expiry = World.Now + TimeSpan.FromDays(1);
        await World.CommittedAsync(World.Accept(World.Command("holder") with { Idempotency = World.Key("k", expiry) }));
        var second = World.Accept(World.Command("second") with { Idempotency = World.Key("k", expiry, content) });
        var neighbour = World.Accept("neighbour");
        await World.CommitAsync(second, neighbour);

        second.Outcome.ShouldBe(ChangeOutcome.Rejected);
        second.Rejection.ShouldBe(new IdempotencyHit(new("holder"), same));
        neighbour.Outcome.ShouldBe(ChangeOutcome.Committed);
        (await World.LoadAsync("second")).ShouldBeEmpty();
        (await Database.QueryAsync("SELECT count(*) FROM delivery_recipients WHERE delivery_id = 'second'")).ShouldBe(["0"]);
        (await Store.Deliveries.PayloadsAsync(["second"], CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_two_changes_with_one_key_in_one_batch_the_first_wins()
    {
        var key = World.Key("k", World.Now + TimeSpan.FromDays(1));
        var first = World.Accept(World.Command("first") with { Idempotency = key });
        var second = World.Accept(World.Command("second") with { Idempotency = key });
        await World.CommitAsync(first, second);

        first.Outcome.ShouldBe(ChangeOutcome.Committed);
        second.Outcome.ShouldBe(ChangeOutcome.Rejected);
        second.Rejection.ShouldBe(new IdempotencyHit(new("first"), true));
        (await World.LoadAsync("first", "second")).Keys.ShouldBe(["first"]);
    }

    [Fact]
    public async Task A_key_is_free_again_from_the_moment_it_expires()
    {
        var expiry = World.Now + TimeSpan.FromHours(1);
        await World.CommittedAsync(World.Accept(World.Command("old") with { Idempotency = World.Key("k", expiry) }));

        World.Now = expiry + TimeSpan.FromMilliseconds(-1);
        var early = World.Accept(World.Command("early") with { Idempotency = World.Key("k", expiry + TimeSpan.FromDays(1)) });
        await World.CommitAsync(early);
        early.Outcome.ShouldBe(ChangeOutcome.Rejected);

        World.Now = expiry;
        await World.CommittedAsync(World.Accept(World.Command("new") with { Idempotency = World.Key("k", expiry + TimeSpan.FromDays(1)) }));
        var holder = await Store.Deliveries.FindKeyAsync(OrgId.Default, "api", "k", World.Now, CancellationToken.None);
        holder!.Value.Delivery.ShouldBe(new DeliveryId("new"));
    }

    [Theory]
    [InlineData("org_other", "api")]
    [InlineData("org_default", "notification")]
    public async Task One_key_in_another_org_or_source_is_another_key(string org, string source)
    {
        var key = World.Key("k", World.Now + TimeSpan.FromDays(1));
        var one = World.Accept(World.Command("one") with { Idempotency = key });
        var other = World.Accept(World.Command("other") with { Idempotency = key, Org = new(org), Source = source });
        await World.CommitAsync(one, other);

        one.Outcome.ShouldBe(ChangeOutcome.Committed);
        other.Outcome.ShouldBe(ChangeOutcome.Committed);
        var holder = await Store.Deliveries.FindKeyAsync(new(org), source, "k", World.Now, CancellationToken.None);
        holder!.Value.Delivery.ShouldBe(new DeliveryId("other"));
        holder.Value.Fingerprint.ShouldBe(key.Fingerprint);
    }

    [Fact]
    public async Task A_key_whose_delivery_exists_is_a_conflict_and_stays_free()
    {
        await World.CommittedAsync(World.Accept("exists"));
        var keyed = World.Accept(World.Command("exists") with { Idempotency = World.Key("k", World.Now + TimeSpan.FromDays(1)) });
        await World.CommitAsync(keyed);

        keyed.Outcome.ShouldBe(ChangeOutcome.Conflict);
        (await Store.Deliveries.FindKeyAsync(OrgId.Default, "api", "k", World.Now, CancellationToken.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData(@"nul\0")]
    [InlineData(@"half\ud800")]
    public async Task A_change_that_cannot_be_stored_is_found_by_halving_and_harms_nobody_else(string escapedKey)
    {
        var key = Regex.Unescape(escapedKey);
        var batch = Enumerable.Range(0, 13).Select(n => World.Accept($"good-{n}")).ToList();
        batch.Insert(7, World.Accept(World.Command("poison") with { Idempotency = World.Key(key, World.Now + TimeSpan.FromDays(1)) }));
        await HalveAsync(batch);

        batch.Single(change => change.Outcome == ChangeOutcome.Poisoned).Id.ShouldBe("poison");
        batch.Count(change => change.Outcome == ChangeOutcome.Committed).ShouldBe(13);
        (await Database.QueryAsync("SELECT count(*) FROM deliveries")).ShouldBe(["13"]);
    }

    [Fact]
    public async Task A_change_that_the_database_refuses_writes_nothing_and_is_found_by_halving()
    {
        // An attempt that was recorded already, though the delivery's version says that it was not.
        var first = await World.CommittedAsync(World.Accept(World.Command("broken") with { Claim = World.Claim() }));
        await Database.ExecuteAsync("""
            INSERT INTO attempts (delivery_id, attempt_no, version, status, counted, started_at, ended_at, reply_code)
            SELECT delivery_id, 1, 2, 'timed_out', mixed, created_at, created_at, 0 FROM deliveries
            """);
        var (broken, good) = (World.Ended(first, Histories.Accepted), World.Accept("good"));

        await Should.ThrowAsync<Exception>(() => World.CommitAsync(good, broken));
        (await World.LoadAsync("good")).ShouldBeEmpty();

        var batch = new List<DeliveryChange> { good, broken };
        await HalveAsync(batch);
        broken.Outcome.ShouldBe(ChangeOutcome.Poisoned);
        good.Outcome.ShouldBe(ChangeOutcome.Committed);
        await World.ShouldBeStoredAsync(first);
    }

    [Fact]
    public async Task A_kind_without_tables_is_refused_by_name()
    {
        var change = new Change<object, object>
        {
            Kind = "stranger", Id = "x", Shard = 0, Epoch = 1, ExpectedVersion = 0, Before = "", After = "", Events = new(""),
        };
        var failure = await Should.ThrowAsync<UnstorableException>(async () => await Store.Commits.CommitAsync([change], CancellationToken.None));
        failure.Message.ShouldContain("stranger");
    }

    [Fact]
    public async Task A_cancelled_caller_gets_no_outcome()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        var change = World.Accept("nobody");
        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.Commits.CommitAsync([change], gone.Token));
        change.Outcome.ShouldBe(ChangeOutcome.Pending);
    }

    [Fact]
    public async Task A_missing_table_is_the_stores_fault_and_poisons_nothing()
    {
        await Database.ExecuteAsync("ALTER TABLE delivery_payloads RENAME TO mislaid");
        var change = World.Accept("waits");
        await Should.ThrowAsync<StoreUnavailableException>(() => World.CommitAsync(change));
        (await World.LoadAsync("waits")).ShouldBeEmpty();

        await Database.ExecuteAsync("ALTER TABLE mislaid RENAME TO delivery_payloads");
        await World.CommittedAsync(change);
    }

    [Fact]
    public async Task What_was_committed_is_there_after_a_restart()
    {
        var change = await World.CommittedAsync(World.Accept("durable"));
        await ReopenAsync();
        await World.ShouldBeStoredAsync(change);
        await World.CommittedAsync(World.Next(change, new CancelDelivery("me")));
    }

    /// <summary>What the kernel does with a batch that throws.</summary>
    private async Task HalveAsync(List<DeliveryChange> batch)
    {
        try
        {
            await World.CommitAsync([.. batch]);
        }
        catch (Exception) when (batch.Count > 1)
        {
            var middle = batch.Count / 2;
            await HalveAsync(batch[..middle]);
            await HalveAsync(batch[middle..]);
        }
        catch (Exception failure) when (failure is not StoreUnavailableException)
        {
            batch[0].Outcome = ChangeOutcome.Poisoned;
        }
    }

    private async Task<DeliveryRequest> PayloadAsync(string id) => (await Store.Deliveries.PayloadsAsync([id], CancellationToken.None))[id].Request;
}
