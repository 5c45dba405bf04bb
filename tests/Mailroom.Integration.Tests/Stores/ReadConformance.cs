using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresReadTests : ReadConformance<PostgresUnderTest>;

public sealed class SqliteReadTests : ReadConformance<SqliteUnderTest>;

/// <summary>Scans, pages and lists.</summary>
public abstract class ReadConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private static readonly int[] AllShards = [.. Enumerable.Range(0, World.Shards)];

    [Fact]
    public async Task What_is_due_comes_by_time_and_id_page_by_page()
    {
        var start = World.Now;
        var ids = new[] { "e", "c", "a", "d", "b" };
        for (var n = 0; n < ids.Length; n++)
        {
            World.Now = start + TimeSpan.FromMilliseconds(n / 2);
            await World.CommittedAsync(World.Accept(ids[n]));
        }

        await World.CommittedAsync(World.Accept(World.Command("future") with { ScheduledAt = World.Now + TimeSpan.FromHours(1) }));
        var canceled = await World.CommittedAsync(World.Accept("canceled"));
        await World.CommittedAsync(World.Next(canceled, new CancelDelivery("me")));

        var pages = new List<string>();
        DueRow? after = null;
        do
        {
            var page = await Store.Deliveries.DueAsync(AllShards, World.Now, after, 2, CancellationToken.None);
            page.Count.ShouldBeLessThanOrEqualTo(2);
            pages.Add(string.Concat(page.Select(row => row.Id)));
            after = page.Count == 0 ? null : page[^1];
        }
        while (after is not null);

        pages.ShouldBe(["ce", "ad", "b", ""]);
        (await Store.Deliveries.DueAsync(AllShards, start, null, 10, CancellationToken.None)).Select(row => row.Id).ShouldBe(["c", "e"]);
    }

    [Fact]
    public async Task What_is_due_is_told_of_the_asked_shards_only()
    {
        var batch = Enumerable.Range(0, 40).Select(n => World.Accept($"shard-{n}")).ToArray();
        await World.CommitAsync(batch);
        int[] asked = [1, 5];
        (await Store.Deliveries.DueAsync(asked, World.Now, null, 100, CancellationToken.None)).Select(row => row.Id)
            .ShouldBe(batch.Where(change => asked.Contains(change.Shard)).Select(change => change.Id), ignoreOrder: true);
        (await Store.Deliveries.DueAsync([], World.Now, null, 100, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_due_is_told_by_org_and_lane_so_that_nobody_hides_another()
    {
        foreach (var (id, org, urgent) in new[] { ("a1", "a", false), ("a2", "a", false), ("a3", "a", false), ("code", "a", true), ("b1", "a-b", false), ("z1", "z", true) })
        {
            World.Now += TimeSpan.FromSeconds(1);
            await World.CommittedAsync(World.Accept(World.Command(id) with { Org = new(org), Urgent = urgent }));
        }

        await World.CommittedAsync(World.Accept(World.Command("later") with { Org = new("k"), ScheduledAt = World.Now + TimeSpan.FromHours(2) }));
        await World.CommittedAsync(World.Accept(World.Command("claimed") with { Claim = World.Claim() }));
        World.Now += TimeSpan.FromHours(1);

        var pages = new List<string>();
        string? after = null;
        do
        {
            var page = await Store.Deliveries.DueByGroupAsync(AllShards, World.Now, after, groups: 2, each: 2, CancellationToken.None);
            pages.Add(string.Join(' ', page.Rows.Select(row => $"{row.Group}:{row.Id}")));
            after = page.Next;
        }
        while (after is not null);

        pages.ShouldBe([":claimed a:a1 a:a2 a!:code", "a-b:b1", "z!:z1"]);
        (await Store.Deliveries.DueOfGroupAsync("a", AllShards, World.Now, 10, CancellationToken.None)).Select(row => row.Id).ShouldBe(["a1", "a2", "a3"]);
        (await Store.Deliveries.DueOfGroupAsync("a", AllShards, World.Now, 1, CancellationToken.None)).ShouldHaveSingleItem().Group.ShouldBe("a");
        (await Store.Deliveries.DueOfGroupAsync("a", [], World.Now, 10, CancellationToken.None)).ShouldBeEmpty();
        (await Store.Deliveries.DueOfGroupAsync("k", AllShards, World.Now, 10, CancellationToken.None)).ShouldBeEmpty();
        (await Store.Deliveries.DueAsync(AllShards, World.Now, null, 10, CancellationToken.None)).Select(row => row.Group)
            .ShouldBe(["a", "a", "a", "a!", "a-b", "z!", null]);
    }

    [Fact]
    public async Task A_claim_is_due_at_its_deadline()
    {
        var claim = World.Claim();
        await World.CommittedAsync(World.Accept(World.Command("claimed") with { Claim = claim }));
        (await Store.Deliveries.DueAsync(AllShards, claim.Deadline, null, 10, CancellationToken.None)).ShouldBe([new(claim.Deadline, "claimed")]);
        (await Store.Deliveries.DueAsync(AllShards, World.Now, null, 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Claims_of_other_incarnations_are_found_by_id_page_by_page()
    {
        foreach (var id in new[] { "c", "a", "b" })
        {
            await World.CommittedAsync(World.Accept(World.Command(id) with { Claim = World.Claim() }));
        }

        var done = await World.CommittedAsync(World.Accept(World.Command("done") with { Claim = World.Claim() }));
        await World.CommittedAsync(World.Ended(done, Histories.Accepted));
        await World.CommittedAsync(World.Accept("waiting"));

        var successor = await World.JoinAsync(Store);
        var own = successor.Accept(successor.Command("own") with { Claim = successor.Claim() });
        await successor.CommittedAsync(own);

        var first = await Store.Deliveries.LostClaimsAsync(AllShards, null, 2, CancellationToken.None);
        var rest = await Store.Deliveries.LostClaimsAsync(AllShards, first[^1].Id, 2, CancellationToken.None);
        first.Select(row => row.Id).ShouldBe(["a", "b"]);
        rest.Select(row => row.Id).ShouldBe(["c"]);
        rest[0].Token.ShouldBe(new ClaimToken(World.Node.Self, 1));

        await Store.Ownership.LeaveAsync(successor.Node.Self, CancellationToken.None);
        (await Store.Deliveries.LostClaimsAsync([own.Shard], null, 10, CancellationToken.None)).Select(row => row.Id).ShouldContain("own");
    }

    [Fact]
    public async Task Lists_come_newest_first_by_cursor()
    {
        var start = World.Now;
        for (var n = 0; n < 7; n++)
        {
            World.Now = start + TimeSpan.FromMilliseconds(n / 2);
            await World.CommittedAsync(World.Accept($"list-{n}"));
        }

        var listed = new List<string>();
        DeliveryCursor? after = null;
        for (var page = 0; page < 10; page++)
        {
            var rows = await Store.Deliveries.ListAsync(new(null), after, 3, CancellationToken.None);
            if (rows.Count == 0)
            {
                break;
            }

            listed.AddRange(rows.Select(row => row.State.Id.Value));
            after = new(rows[^1].State.CreatedAt, rows[^1].State.Id.Value);
        }

        listed.ShouldBe(Enumerable.Range(0, 7).Reverse().Select(n => $"list-{n}"));
    }

    [Fact]
    public async Task Lists_keep_to_org_and_status()
    {
        await World.CommittedAsync(World.Accept("mine"));
        await World.CommittedAsync(World.Accept(World.Command("theirs") with { Org = new("org_other") }));
        var failed = await World.CommittedAsync(World.Accept(World.Command("failed") with { Claim = World.Claim() }));
        await World.CommittedAsync(World.Ended(failed, Histories.Rejected));

        (await ListAsync(new(null))).ShouldBe(["theirs", "mine", "failed"]);
        (await ListAsync(new(OrgId.Default))).ShouldBe(["mine", "failed"]);
        (await ListAsync(new(new OrgId("org_other")))).ShouldBe(["theirs"]);
        (await ListAsync(new(null, DeliveryStatus.Queued))).ShouldBe(["theirs", "mine"]);
        (await ListAsync(new(OrgId.Default, DeliveryStatus.Failed))).ShouldBe(["failed"]);
        (await ListAsync(new(null, DeliveryStatus.DeadLetter))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_delivery_is_found_by_its_org_only()
    {
        await World.CommittedAsync(World.Accept(World.Command("theirs") with { Org = new("org_other"), ScheduledAt = World.Now + TimeSpan.FromHours(1) }));
        (await Store.Deliveries.FindAsync(OrgId.Default, new("theirs"), CancellationToken.None)).ShouldBeNull();
        (await Store.Deliveries.FindAsync(new("org_other"), new("theirs"), CancellationToken.None))!.ScheduledAt.ShouldBe(World.Now + TimeSpan.FromHours(1));
        (await Store.Deliveries.FindAsync(null, new("nowhere"), CancellationToken.None)).ShouldBeNull();
        (await Store.Deliveries.TimelineAsync(new("nowhere"), CancellationToken.None)).ShouldBeEmpty();
        (await Store.Deliveries.AttemptsAsync(new("nowhere"), CancellationToken.None)).ShouldBeEmpty();
        (await Store.Deliveries.RecipientsAsync(new("nowhere"), CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reads_go_on_beside_each_other_and_beside_commits()
    {
        await World.CommittedAsync(World.Accept("read"));
        var reads = Enumerable.Range(0, 50).Select(_ => Task.Run(() => World.ShouldBeReadableAsync("read")));
        var commits = Task.Run(async () =>
        {
            for (var n = 0; n < 20; n++)
            {
                await World.CommittedAsync(World.Accept($"beside-{n}"));
            }
        });
        await Task.WhenAll([.. reads, commits]);
    }

    [Fact]
    public async Task A_cancelled_read_ends()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.Deliveries.FindAsync(null, new("x"), gone.Token));
    }

    private async Task<IEnumerable<string>> ListAsync(DeliveryFilter filter) =>
        (await Store.Deliveries.ListAsync(filter, null, 10, CancellationToken.None)).Select(row => row.State.Id.Value);
}
