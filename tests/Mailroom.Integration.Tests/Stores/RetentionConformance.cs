using Mailroom.Actors.Deliveries;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresRetentionTests : RetentionConformance<PostgresUnderTest>;

public sealed class SqliteRetentionTests : RetentionConformance<SqliteUnderTest>;

/// <summary>What is deleted by age, and what never is.</summary>
public abstract class RetentionConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private static readonly string[] Tables = ["deliveries", "delivery_payloads", "delivery_recipients", "delivery_events", "attempts", "dead_letters"];

    public static TheoryData<string> Lives => [.. Histories.Names];

    [Theory]
    [MemberData(nameof(Lives))]
    [Trait("Requirement", "D20")]
    public async Task A_delivery_is_deleted_with_all_that_is_its_own_exactly_when_it_has_ended_and_is_old_enough(string history)
    {
        DeliveryChange? last = null;
        foreach (var step in Histories.Of(history, World))
        {
            last = await World.CommittedAsync(step(last));
        }

        (await Store.Retention.DeleteDeliveriesAsync(World.Now, 10, CancellationToken.None)).ShouldBe(0, "its last change is not before the time");

        var ended = last!.After.Status.IsTerminal();
        (await Store.Retention.DeleteDeliveriesAsync(World.Now + TimeSpan.FromMilliseconds(1), 10, CancellationToken.None)).ShouldBe(ended ? 1 : 0);
        foreach (var table in Tables)
        {
            if (ended || table == "deliveries")
            {
                (await Database.QueryAsync($"SELECT count(*) FROM {table}")).ShouldBe([ended ? "0" : "1"], table);
            }
        }

        if (!ended)
        {
            await World.ShouldBeStoredAsync(last);
        }
    }

    [Fact]
    public async Task Deliveries_go_oldest_first_in_batches_of_the_limit()
    {
        for (var n = 0; n < 7; n++)
        {
            World.Now += TimeSpan.FromMilliseconds(1);
            await World.DeadAsync(World.Command($"dead-{n}"));
        }

        var before = World.Now + TimeSpan.FromMilliseconds(1);
        (await Store.Retention.DeleteDeliveriesAsync(before, 3, CancellationToken.None)).ShouldBe(3);
        (await Database.QueryAsync("SELECT delivery_id FROM deliveries ORDER BY delivery_id")).ShouldBe(["dead-3", "dead-4", "dead-5", "dead-6"]);
        (await Store.Retention.DeleteDeliveriesAsync(before, 3, CancellationToken.None)).ShouldBe(3);
        (await Store.Retention.DeleteDeliveriesAsync(before, 3, CancellationToken.None)).ShouldBe(1);
        (await Store.Retention.DeleteDeliveriesAsync(before, 3, CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task A_delivery_that_was_deleted_is_gone_for_those_who_still_know_it()
    {
        var claimed = await World.CommittedAsync(World.Accept(World.Command("sent") with { Claim = World.Claim() }));
        var sent = await World.CommittedAsync(World.Ended(claimed, Histories.Accepted));
        (await Store.Retention.DeleteDeliveriesAsync(World.Now + TimeSpan.FromMilliseconds(1), 10, CancellationToken.None)).ShouldBe(1);
        var word = World.Next(sent, new ProviderReported(DeliveryStatus.Bounced, [new(0, RecipientStatus.Bounced, "late")], "bounce"));
        await World.CommitAsync(word);
        word.Outcome.ShouldBe(Actors.Kernel.ChangeOutcome.Conflict);
        foreach (var table in Tables)
        {
            (await Database.QueryAsync($"SELECT count(*) FROM {table}")).ShouldBe(["0"], table);
        }
    }

    [Fact]
    [Trait("Requirement", "D21")]
    public async Task Malformed_commands_go_by_the_time_they_were_recorded()
    {
        for (var n = 0; n < 5; n++)
        {
            await Database.ExecuteAsync($"""
                INSERT INTO malformed_commands (stream, entry_id, recorded_at, failure_code, failure_message, raw_fields, raw_truncated)
                SELECT 'commands', '{n}-0', {Database.Literal(World.Now + TimeSpan.FromMilliseconds(n))}, 'invalid_command', '', {Database.Literal([])}, (1 = 0)
                """);
        }

        var before = World.Now + TimeSpan.FromMilliseconds(3);
        (await Store.Retention.DeleteMalformedAsync(before, 2, CancellationToken.None)).ShouldBe(2);
        (await Store.Retention.DeleteMalformedAsync(before, 2, CancellationToken.None)).ShouldBe(1);
        (await Store.Retention.DeleteMalformedAsync(before, 2, CancellationToken.None)).ShouldBe(0);
        (await Database.QueryAsync("SELECT entry_id FROM malformed_commands ORDER BY entry_id")).ShouldBe(["3-0", "4-0"]);
    }

    [Fact]
    public async Task Keys_go_when_they_have_run_out()
    {
        for (var n = 0; n < 4; n++)
        {
            await World.CommittedAsync(World.Accept(World.Command($"mail-{n}") with { Idempotency = World.Key($"k{n}", World.Now + TimeSpan.FromHours(n)) }));
        }

        var before = World.Now + TimeSpan.FromHours(2);
        (await Store.Retention.DeleteKeysAsync(before, 1, CancellationToken.None)).ShouldBe(1);
        (await Store.Retention.DeleteKeysAsync(before, 10, CancellationToken.None)).ShouldBe(1);
        (await Database.QueryAsync("SELECT key FROM idempotency ORDER BY key")).ShouldBe(["k2", "k3"]);
        (await Database.QueryAsync("SELECT count(*) FROM deliveries")).ShouldBe(["4"]);
    }
}
