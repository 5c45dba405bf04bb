using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresOrgTests : OrgConformance<PostgresUnderTest>;

public sealed class SqliteOrgTests : OrgConformance<SqliteUnderTest>;

/// <summary>Orgs: their rows, and their changes beside those of deliveries.</summary>
public abstract class OrgConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private OrgState Made => new() { Id = new("org_a"), Name = "Acme", CreatedAt = World.Now, UpdatedAt = World.Now, Rps = 2, CreateToken = 4711 };

    private OrgState Full => Made with
    {
        Name = "Acme & Söhne", Rps = 100, OnUncertain = UncertainPolicy.Hold, UpdatedAt = World.Now + TimeSpan.FromSeconds(1),
        Pause = new("operator", "too many bounces", World.Now), HoldUntil = World.Now + TimeSpan.FromMinutes(1),
        Window = new(World.Node.Self, World.Now + TimeSpan.FromMilliseconds(987)), CreateToken = long.MinValue,
    };

    [Fact]
    public async Task A_fresh_store_has_the_default_org_without_a_limit_and_one_that_stands_for_all()
    {
        (await Store.Orgs.FindAsync(OrgId.Default, CancellationToken.None))!.Rps.ShouldBeNull();
        (await Store.Orgs.FindAsync(OrgId.All, CancellationToken.None))!.Pause.ShouldBeNull();
        (await Store.Orgs.ListAsync(null, 10, CancellationToken.None)).Select(org => org.Id).ShouldBe([OrgId.Default]);
    }

    [Fact]
    public async Task An_org_is_read_back_as_it_was_decided()
    {
        await CommitAsync(World.Org(Made, 0));
        await ShouldBeStoredAsync(Made, 1);
        await CommitAsync(World.Org(Full, 1));
        await ShouldBeStoredAsync(Full, 2);
        var cleared = Made with { Rps = null };
        await CommitAsync(World.Org(cleared, 2));
        await ShouldBeStoredAsync(cleared, 3);
    }

    [Fact]
    public async Task An_org_of_the_migration_is_at_its_first_version()
    {
        var found = (await Store.Orgs.FindAsync(OrgId.Default, CancellationToken.None))!;
        await CommitAsync(World.Org(found with { Rps = 7 }, 1));
        (await Store.Orgs.FindAsync(OrgId.Default, CancellationToken.None))!.Rps.ShouldBe(7);
    }

    [Theory]
    [InlineData(0, "exists already")]
    [InlineData(1, "was changed meanwhile")]
    [InlineData(3, "is not so far yet")]
    public async Task A_change_of_another_version_is_a_conflict_and_writes_nothing(long version, string because)
    {
        await CommitAsync(World.Org(Made, 0));
        await CommitAsync(World.Org(Full, 1));
        var stale = World.Org(Made with { Name = "stale" }, version);
        await Store.Commits.CommitAsync([stale], CancellationToken.None);
        stale.Outcome.ShouldBe(ChangeOutcome.Conflict, because);
        await ShouldBeStoredAsync(Full, 2);
    }

    [Fact]
    public async Task A_change_of_an_org_that_is_not_there_is_a_conflict()
    {
        var change = World.Org(Made, 1);
        await Store.Commits.CommitAsync([change], CancellationToken.None);
        change.Outcome.ShouldBe(ChangeOutcome.Conflict);
        (await Store.Orgs.FindAsync(Made.Id, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_node_whose_shards_were_taken_can_change_no_org()
    {
        await CommitAsync(World.Org(Made, 0));
        await World.JoinAsync(Store);
        var (late, created) = (World.Org(Full, 1), World.Org(Made with { Id = new("org_late") }, 0));
        await Store.Commits.CommitAsync([late, created], CancellationToken.None);
        new[] { late.Outcome, created.Outcome }.ShouldAllBe(outcome => outcome == ChangeOutcome.Fenced);
        await ShouldBeStoredAsync(Made, 1);
    }

    [Fact]
    public async Task Orgs_and_deliveries_are_written_in_one_transaction_and_each_is_told_of_itself()
    {
        var taken = await World.CommittedAsync(World.Accept("taken"));
        var again = World.Accept("taken");
        var org = World.Org(Made, 0);
        var stale = World.Org(Made with { Id = new("org_stale") }, 3);
        var fresh = World.Accept("fresh");
        var moved = World.Next(taken, new CancelDelivery("me"));
        var unlimited = World.Org(Made with { Id = new("org_b"), Rps = null }, 0);
        Change[] batch = [again, org, stale, fresh, moved, unlimited];
        await Store.Commits.CommitAsync(batch, CancellationToken.None);

        batch.Select(change => change.Outcome).ShouldBe(
        [
            ChangeOutcome.Conflict, ChangeOutcome.Committed, ChangeOutcome.Conflict, ChangeOutcome.Committed, ChangeOutcome.Committed, ChangeOutcome.Committed,
        ]);
        await World.ShouldBeStoredAsync(moved);
        await World.ShouldBeStoredAsync(fresh);
        (await Store.Orgs.ListAsync(null, 10, CancellationToken.None)).Select(row => row.Id.Value).ShouldBe(["org_a", "org_b", "org_default"]);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_stored_writes_no_org_either()
    {
        var poison = World.Accept(World.Command("poison") with { Idempotency = World.Key("\0", World.Now + TimeSpan.FromDays(1)) });
        await Should.ThrowAsync<Exception>(async () => await Store.Commits.CommitAsync([World.Org(Made, 0), poison], CancellationToken.None));
        (await Store.Orgs.FindAsync(Made.Id, CancellationToken.None)).ShouldBeNull();
    }

    [Fact]
    public async Task Lists_come_by_id_page_by_page_without_the_one_for_all()
    {
        await CommitAsync([.. new[] { "org_c", "org_a", "org_z", "org_b" }.Select(id => World.Org(Made with { Id = new(id) }, 0))]);
        var pages = new List<string>();
        OrgId? after = null;
        do
        {
            var page = await Store.Orgs.ListAsync(after, 2, CancellationToken.None);
            pages.Add(string.Join(' ', page.Select(org => org.Id)));
            after = page.Count == 0 ? null : page[^1].Id;
        }
        while (after is not null);
        pages.ShouldBe(["org_a org_b", "org_c org_default", "org_z", ""]);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_reported_beside_its_neighbours()
    {
        await CommitAsync(World.Org(Made, 0));
        await Database.ExecuteAsync("UPDATE orgs SET on_uncertain = 'dance' WHERE org_id = 'org_a'");
        var rows = await LoadAsync("org_a", "org_default", "org_absent");
        rows.Keys.ShouldBe(["org_a", "org_default"], ignoreOrder: true);
        rows["org_a"].Unreadable!.Message.ShouldContain("dance");
        rows["org_default"].State.ShouldNotBeNull();
    }

    [Fact]
    public async Task Nothing_of_an_org_is_ever_due()
    {
        await CommitAsync(World.Org(Full, 0));
        (await Store.Orgs.DueAsync([.. Enumerable.Range(0, World.Shards)], World.Now + TimeSpan.FromDays(1), null, 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_org_that_only_keys_or_mail_know_gets_a_row_with_the_default_limit_by_the_migration()
    {
        await World.DeadAsync(World.Command("mail") with { Org = new("org_of_mail"), Source = "notification" });
        await Store.ApiKeys.AddAsync(new("key_1", new("org_of_key"), "key", "mr_x", new byte[32], World.Now, null, null), CancellationToken.None);
        while (await Store.Admin.MigrateDownAsync(CancellationToken.None) > 4)
        {
            // Down to the schema before orgs.
        }

        await Store.Admin.MigrateUpAsync(CancellationToken.None);
        (await Store.Orgs.ListAsync(null, 10, CancellationToken.None)).Select(org => (org.Id.Value, org.Rps)).ShouldBe(
            [("org_default", null), ("org_of_key", 2), ("org_of_mail", 2)]);

        // What listings select by is there for mail of before, too.
        var filter = new DeliveryFilter(new OrgId("org_of_mail")) { Source = "notification" };
        (await Store.Deliveries.ListAsync(filter, null, 10, CancellationToken.None)).Count.ShouldBe(1);
        (await Store.Deliveries.ListAsync(filter with { Recipient = "copy@example.test", Since = World.Now }, null, 10, CancellationToken.None)).Count.ShouldBe(1);
        (await Store.Operators.DeadLettersAsync(new() { Org = new("org_of_mail"), Source = "notification" }, null, 10, CancellationToken.None)).Count.ShouldBe(1);
    }

    private async Task CommitAsync(params OrgChange[] changes)
    {
        await Store.Commits.CommitAsync(changes, CancellationToken.None);
        changes.ShouldAllBe(change => change.Outcome == ChangeOutcome.Committed);
    }

    private async Task ShouldBeStoredAsync(OrgState state, long version)
    {
        var row = (await LoadAsync(state.Id.Value))[state.Id.Value];
        row.State.ShouldBe(state);
        row.Version.ShouldBe(version);
        (await Store.Orgs.FindAsync(state.Id, CancellationToken.None)).ShouldBe(state);
    }

    private async Task<IReadOnlyDictionary<string, Loaded<OrgState>>> LoadAsync(params string[] ids)
    {
        var rows = new Dictionary<string, Loaded<OrgState>>();
        await Store.Orgs.LoadAsync(ids, row => rows.Add(row.Id, row), CancellationToken.None);
        return rows;
    }
}
