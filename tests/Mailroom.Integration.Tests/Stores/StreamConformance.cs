using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Streams;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresStreamTests : StreamConformance<PostgresUnderTest>;

public sealed class SqliteStreamTests : StreamConformance<SqliteUnderTest>;

/// <summary>What every store makes of batches of a stream.</summary>
public abstract class StreamConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private const string Stream = "mail:delivery_commands";
    private const StreamItemOutcome New = StreamItemOutcome.Accepted;
    private const StreamItemOutcome Again = StreamItemOutcome.Replayed;
    private const StreamItemOutcome Bad = StreamItemOutcome.Malformed;

    private static readonly int Shard = CommandConsumer.ShardOf(Stream, World.Shards);

    private ulong _entry;

    [Fact]
    public async Task A_stream_that_was_never_read_has_no_position() =>
        (await Store.Streams.PositionAsync(Stream, CancellationToken.None)).ShouldBeNull();

    [Fact]
    [Trait("Requirement", "D14")]
    [Trait("Requirement", "C50")]
    public async Task Acceptances_refusals_and_the_offset_are_written_together()
    {
        var batch = Batch(null, Mail("a"), Refused("too_large", "delivery_id is missing."), Mail("b"));
        var result = await CommitAsync(batch);

        result.Outcomes.ShouldBe([New, Bad, New]);
        result.FailureCodes.ShouldBe([null, "too_large", null]);
        await World.ShouldBeReadableAsync("a");
        await World.ShouldBeReadableAsync("b");
        (await Position()).ShouldBe(new StreamPosition(batch.Next, 3, World.Now, 0, 0));
        var malformed = (await Store.Operators.MalformedAsync(new(), null, 10, CancellationToken.None)).ShouldHaveSingleItem().Command;
        malformed.EntryId.ShouldBe(batch.Items[1].Entry.Id);
        (malformed.Stream, malformed.RecordedAt, malformed.FailureCode, malformed.FailureMessage, malformed.DeliveryId, malformed.Source, malformed.RawTruncated)
            .ShouldBe((Stream, World.Now, "too_large", "delivery_id is missing.", "given", "notification", false));
        malformed.RawFields.ToArray().ShouldBe("""[{"name":"odd","value":"value"}]"""u8.ToArray());
    }

    [Fact]
    public async Task A_delivery_out_of_a_stream_is_what_it_would_be_out_of_a_request()
    {
        var item = Mail("a", key: "k");
        await CommitAsync(Batch(null, item));

        await World.ShouldBeStoredAsync(item.Accept!);
        var due = await Store.Deliveries.DueAsync([.. Enumerable.Range(0, World.Shards)], World.Now, null, 10, CancellationToken.None);
        due.ShouldHaveSingleItem().Id.ShouldBe("a");
        (await Store.Deliveries.TimelineAsync(new("a"), CancellationToken.None)).Select(line => line.Event).ShouldBe(["accepted"]);
        (await Store.Deliveries.RecipientsAsync(new("a"), CancellationToken.None)).Count.ShouldBe(3);
        (await Store.Deliveries.FindKeyAsync(OrgId.Default, "notification", "k", World.Now, CancellationToken.None))!.Value.Delivery.Value.ShouldBe("a");
    }

    [Fact]
    public async Task A_suppressed_one_is_stored_with_both_of_its_events()
    {
        var item = Item(Command("a", "k", "same") with { SuppressedBecause = "stub_mode" });
        (await CommitAsync(Batch(null, item))).Outcomes.ShouldBe([New]);

        await World.ShouldBeStoredAsync(item.Accept!);
        (await Store.Deliveries.TimelineAsync(new("a"), CancellationToken.None)).Select(line => line.Event).ShouldBe(["accepted", "suppressed"]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public async Task The_same_command_again_is_left_out_whenever_it_comes()
    {
        (await CommitAsync(Batch(null, Mail("a", "k"), Mail("a", "k")))).Outcomes.ShouldBe([New, Again]);
        (await CommitAsync(Batch(await Position(), Mail("a", "k"), Mail("b")))).Outcomes.ShouldBe([Again, New]);

        (await Database.QueryAsync("SELECT count(*) FROM deliveries")).ShouldBe(["2"]);
        (await Database.QueryAsync("SELECT count(*) FROM malformed_commands")).ShouldBe(["0"]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public async Task A_taken_key_or_id_is_recorded_and_its_neighbours_are_stored()
    {
        await CommitAsync(Batch(null, Mail("a", "k")));
        var result = await CommitAsync(Batch(await Position(), Mail("b", "k", "other"), Mail("a", "another"), Mail("c"), Mail("a", key: null)));

        result.Outcomes.ShouldBe([Bad, Bad, New, Bad]);
        result.FailureCodes.ShouldBe([CommandFailure.IdempotencyConflict, CommandFailure.InvalidCommand, null, CommandFailure.InvalidCommand]);
        (await Database.QueryAsync("SELECT delivery_id FROM deliveries ORDER BY delivery_id")).ShouldBe(["a", "c"]);
        (await Database.QueryAsync("SELECT key FROM idempotency ORDER BY key")).ShouldBe(["c", "k"]);
        (await Database.QueryAsync("SELECT failure_code FROM malformed_commands ORDER BY number")).ShouldBe([.. result.FailureCodes.Where(code => code is not null)]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public async Task Within_a_batch_each_item_meets_what_the_ones_before_it_left()
    {
        await CommitAsync(Batch(null, Mail("old", "old")));
        var result = await CommitAsync(Batch(
            await Position(),
            Mail("x", "old", "other"), // the key is taken, so x stays free
            Mail("x", "k1"),
            Mail("y", "k1", "other"), // k1 is x's by now
            Mail("y", "k2"),
            Mail("old", "k3"), // the id is taken, so k3 stays free
            Mail("z", "k3"),
            Mail("z", "k3"),
            Mail("x", "k4")));

        result.Outcomes.ShouldBe([Bad, New, Bad, New, Bad, New, Again, Bad]);
        (await Database.QueryAsync("SELECT delivery_id FROM deliveries ORDER BY delivery_id")).ShouldBe(["old", "x", "y", "z"]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public async Task A_key_that_ran_out_is_taken_over()
    {
        await CommitAsync(Batch(null, Mail("a", "k")));
        World.Now += TimeSpan.FromDays(8);
        (await CommitAsync(Batch(await Position(), Mail("b", "k", "other")))).Outcomes.ShouldBe([New]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public async Task Requests_and_streams_share_one_ledger()
    {
        await World.CommittedAsync(World.Accept(Command("a", "k", "same")));
        (await CommitAsync(Batch(null, Mail("a", "k"), Mail("b", "k", "other")))).Outcomes.ShouldBe([Again, Bad]);

        var late = World.Accept(Command("c", "k", "same"));
        await World.CommitAsync(late);
        late.Rejection.ShouldBe(new IdempotencyHit(new("a"), Same: true));
    }

    [Theory]
    [InlineData(null, "5-0")]
    [InlineData("1-0", "1-0")]
    public async Task A_batch_that_does_not_follow_the_stored_offset_writes_nothing(string? stored, string expected)
    {
        StreamEntryId.TryParse(expected, out var wrong).ShouldBeTrue();
        if (stored is not null)
        {
            await CommitAsync(Batch(null, Mail("first"), Mail("second")));
        }

        var batch = Batch(null, Mail("a"), Refused("invalid_command", "no")) with { Expected = wrong };
        (await CommitAsync(batch)).Committed.ShouldBeFalse();
        (await CommitAsync(batch with { Expected = stored is null ? new(7, 7) : null })).Committed.ShouldBeFalse();

        (await World.LoadAsync("a")).ShouldBeEmpty();
        (await Database.QueryAsync("SELECT count(*) FROM malformed_commands")).ShouldBe(["0"]);
        (await Database.QueryAsync("SELECT count(*) FROM idempotency")).ShouldBe([stored is null ? "0" : "2"]);
        (await CommitAsync(batch with { Expected = (await Position())?.Offset })).Outcomes.ShouldBe([New, Bad]);
    }

    [Fact]
    public async Task A_node_whose_shard_was_taken_writes_nothing_more()
    {
        await CommitAsync(Batch(null, Mail("first")));
        var batch = Batch(await Position(), Mail("late"), Refused("invalid_command", "no"));
        var successor = await World.JoinAsync(Store);

        (await CommitAsync(batch)).Committed.ShouldBeFalse();
        (await World.LoadAsync("late")).ShouldBeEmpty();
        (await CommitAsync(batch with { Epoch = successor.Node.Shards[Shard].Epoch })).Outcomes.ShouldBe([New, Bad]);
    }

    [Fact]
    public async Task A_delivery_of_another_nodes_shard_is_stored_for_it()
    {
        var owned = World.Node.Shards[Shard].Epoch;
        await Database.ExecuteAsync($"UPDATE shards SET epoch = epoch + 1 WHERE shard <> {Shard}");
        var items = Enumerable.Range(0, 30).Select(n => Mail($"m{n}")).ToArray();

        (await CommitAsync(Batch(null, items) with { Epoch = owned })).Outcomes.ShouldAllBe(outcome => outcome == New);
    }

    [Fact]
    public async Task Streams_stand_each_at_an_offset_of_its_own_and_gaps_and_resets_are_counted()
    {
        var batch = Batch(null, Mail("a"));
        await CommitAsync(batch);
        await CommitAsync(batch with { Stream = "mail:delivery_commands:2", Shard = 0, Epoch = World.Node.Shards[0].Epoch, Items = [Mail("b")] });
        var record = new StreamItem(new(batch.Next, []), null, new(CommandFailure.Reset, "begun anew"));
        await CommitAsync(new(Stream, Shard, World.Node.Shards[Shard].Epoch, batch.Next, StreamEntryId.Start, 0, World.Now, [record]) { NewResets = 1 });
        var gap = record with { Failure = new(CommandFailure.Gap, "gone") };
        await CommitAsync(new(Stream, Shard, World.Node.Shards[Shard].Epoch, StreamEntryId.Start, StreamEntryId.Start, 3, World.Now, [gap]) { NewGaps = 1 });

        (await Position()).ShouldBe(new StreamPosition(StreamEntryId.Start, 3, World.Now, 1, 1));
        (await Store.Streams.PositionAsync("mail:delivery_commands:2", CancellationToken.None))!.Offset.ShouldBe(batch.Next);
        (await Database.QueryAsync("SELECT failure_code FROM malformed_commands ORDER BY number")).ShouldBe([CommandFailure.Reset, CommandFailure.Gap]);
    }

    [Fact]
    public async Task An_entry_refused_twice_is_recorded_once()
    {
        var refused = Refused("invalid_command", "no");
        await CommitAsync(Batch(null, refused));
        (await CommitAsync(Batch(await Position(), refused))).Outcomes.ShouldBe([Bad]);

        (await Database.QueryAsync("SELECT count(*) FROM malformed_commands")).ShouldBe(["1"]);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public async Task What_fails_amid_a_batch_leaves_nothing_of_it()
    {
        await CommitAsync(Batch(null, Mail("first")));
        var before = await Position();
        // The key of the last one cannot be stored: everything before it was written, or would be.
        var batch = Batch(before, Mail("a", "k"), Refused("invalid_command", "no"), Mail("a2", "k"), Item(Command("b", "bad\0key", "same")));
        await Should.ThrowAsync<Exception>(() => CommitAsync(batch));

        (await Position()).ShouldBe(before);
        (await Database.QueryAsync("SELECT delivery_id FROM deliveries")).ShouldBe(["first"]);
        (await Database.QueryAsync("SELECT count(*) FROM malformed_commands")).ShouldBe(["0"]);
        (await CommitAsync(Batch(before, Mail("a", "k")))).Outcomes.ShouldBe([New]);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public async Task What_fails_in_a_later_round_leaves_nothing_of_the_earlier_ones()
    {
        await CommitAsync(Batch(null, Mail("first")));
        var before = await Position();
        var bad = Command("b", "kb", "same") with { Source = "half a pair \ud800" };
        var batch = Batch(before, Mail("taken", "first", "other"), Mail("b", "first", "other"), Item(bad), Mail("c"));
        await Should.ThrowAsync<Exception>(() => CommitAsync(batch));

        (await Position()).ShouldBe(before);
        (await Database.QueryAsync("SELECT delivery_id FROM deliveries")).ShouldBe(["first"]);
        (await CommitAsync(Batch(before, Mail("c")))).Outcomes.ShouldBe([New]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Any_batch_is_as_if_its_items_had_come_one_after_the_other(int seed)
    {
        var random = new Random(seed);
        var ids = new HashSet<string>();
        var keys = new Dictionary<string, string>();
        StreamPosition? position = null;
        for (var round = 0; round < 12; round++)
        {
            var (items, expected) = (new List<StreamItem>(), new List<StreamItemOutcome>());
            for (var n = 0; n < random.Next(1, 40); n++)
            {
                var (id, key, content) = ($"d{random.Next(60)}", $"k{random.Next(60)}", $"c{random.Next(2)}");
                var isBroken = random.Next(10) == 0;
                items.Add(isBroken ? Refused("invalid_payload", "drawn") : Mail(id, key, id + content));
                expected.Add(isBroken ? Bad : Model(ids, keys, id, key, id + content));
            }

            var batch = Batch(position, [.. items]);
            (await CommitAsync(batch)).Outcomes.ShouldBe(expected, $"round {round}");
            position = await Position();
        }

        (await Database.QueryAsync("SELECT delivery_id FROM deliveries ORDER BY delivery_id")).ShouldBe(ids.Order(StringComparer.Ordinal));
        (await Database.QueryAsync("SELECT delivery_id FROM delivery_payloads ORDER BY delivery_id")).ShouldBe(ids.Order(StringComparer.Ordinal));
        (await Database.QueryAsync("SELECT key FROM idempotency ORDER BY key")).ShouldBe(keys.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>One command alone: what it is, and what it leaves.</summary>
    private static StreamItemOutcome Model(HashSet<string> ids, Dictionary<string, string> keys, string id, string key, string content)
    {
        if (keys.TryGetValue(key, out var held))
        {
            return held == content ? Again : Bad;
        }

        if (!ids.Add(id))
        {
            return Bad;
        }

        keys.Add(key, content);
        return New;
    }

    private StreamItem Mail(string id) => Mail(id, id);

    private StreamItem Mail(string id, string? key, string content = "same") => Item(Command(id, key, content));

    private AcceptDelivery Command(string id, string? key, string content) => World.Command(id) with
    {
        Source = "notification",
        Idempotency = key is null ? null : World.Key(key, World.Now + TimeSpan.FromDays(7), content),
    };

    private StreamItem Item(AcceptDelivery command)
    {
        var change = World.Accept(command);
        var unfenced = World.Again(change, epoch: 0);
        return new(new(new(++_entry, 0), []), unfenced, null);
    }

    private StreamItem Refused(string code, string message) =>
        new(new(new(++_entry, 0), [new("odd"u8.ToArray(), "value"u8.ToArray())]), null, new(code, message)) { DeliveryId = "given", Source = "notification" };

    private StreamBatch Batch(StreamPosition? after, params StreamItem[] items) => new(
        Stream, Shard, World.Node.Shards[Shard].Epoch, after?.Offset, items[^1].Entry.Id, (after?.Entries ?? 0) + items.Length, World.Now, items);

    private async Task<StreamBatchResult> CommitAsync(StreamBatch batch) => await Store.Streams.CommitAsync(batch, CancellationToken.None);

    private async Task<StreamPosition?> Position() => await Store.Streams.PositionAsync(Stream, CancellationToken.None);
}
