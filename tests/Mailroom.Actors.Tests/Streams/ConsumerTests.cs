using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Tests.Streams;

public sealed class ConsumerTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    [Trait("Requirement", "D01")]
    [Trait("Requirement", "D13")]
    public void Entries_become_mails_that_are_sent_at_once_and_the_offset_covers_them()
    {
        using var world = new StreamWorld();
        world.Send("a");
        var last = world.Send("b");
        world.Run();

        world.SentIds().ShouldBe(["a", "b"], ignoreOrder: true);
        world.StatusOf("a").ShouldBe(DeliveryStatus.Sent);
        world.Position!.Offset.ShouldBe(last);
        world.Position.Entries.ShouldBe(2);
        world.Events.Of("rejected").ShouldBeEmpty();
    }

    [Fact]
    [Trait("Requirement", "D13")]
    public void Reading_begins_with_the_first_entry_and_after_a_restart_behind_the_stored_offset()
    {
        using var world = new StreamWorld(start: false);
        world.Send("before");
        world.Start();
        world.Crash();
        world.Send("meanwhile");
        world.Start();

        world.SentIds().ShouldBe(["before", "meanwhile"]);
        world.Position!.Entries.ShouldBe(2);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public void A_process_that_dies_before_its_commit_reads_the_entries_again()
    {
        using var world = new StreamWorld();
        world.Store.Faults.Hold();
        world.Send("a");
        world.Run();
        world.Crash();
        world.Position.ShouldBeNull();
        world.StatusOf("a").ShouldBe(DeliveryStatus.Absent);

        world.Store.Faults.Release();
        world.Start();

        world.SentIds().ShouldBe(["a"]);
        world.Position!.Entries.ShouldBe(1);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public void A_process_that_dies_after_its_commit_sends_the_mail_once_after_its_restart()
    {
        using var world = new StreamWorld();
        world.Store.Faults.Script(CommitFault.UnknownOutcome);
        world.Send("a");
        world.Run();
        world.Crash();
        world.StatusOf("a").ShouldBe(DeliveryStatus.Queued);

        world.Start();
        world.Advance(Minute);

        world.SentIds().ShouldBe(["a"]);
        world.Codes.ShouldBeEmpty();
    }

    [Fact]
    [Trait("Requirement", "D14")]
    public void A_commit_whose_answer_was_lost_is_found_out_about_and_its_mail_is_sent()
    {
        using var world = new StreamWorld();
        world.Store.Faults.Script(CommitFault.UnknownOutcome, CommitFault.UnknownOutcome);
        world.Send("a");
        world.Stream.Add(("key", "bad"));
        world.Advance(Minute);

        world.SentIds().ShouldBe(["a"]);
        world.Codes.ShouldBe([CommandFailure.InvalidCommand]);
        world.Events.Of("rejected").Count.ShouldBe(1);
        world.Position!.Entries.ShouldBe(2);
    }

    [Fact]
    [Trait("Requirement", "D14")]
    [Trait("Requirement", "C50")]
    [Trait("Requirement", "C16")]
    [Trait("Requirement", "C47")]
    public void A_malformed_entry_is_recorded_told_once_and_passed_over()
    {
        using var world = new StreamWorld();
        var bad = world.Stream.Add(("key", "k"), ("odd", "value"));
        world.Send("good");
        world.Run();

        var malformed = world.Streams.Malformed.ShouldHaveSingleItem();
        malformed.EntryId.ShouldBe(bad);
        malformed.Stream.ShouldBe(StreamWorld.Name);
        malformed.FailureCode.ShouldBe(CommandFailure.InvalidCommand);
        System.Text.Encoding.UTF8.GetString(malformed.RawFields.Span).ShouldBe("""[{"name":"key","value":"k"},{"name":"odd","value":"value"}]""");
        world.Events.Of("rejected").ShouldBe([$"rejected {bad} invalid_command - notification"]);
        world.SentIds().ShouldBe(["good"]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public void The_same_command_again_is_nothing_new_and_another_one_under_its_key_is_recorded()
    {
        using var world = new StreamWorld();
        world.Send("a", "k");
        world.Send("a", "k");
        world.Run();
        world.Send("a", "k");
        var other = world.Send("b", "k");
        var taken = world.Send("a", "another-key");
        world.Run();

        world.SentIds().ShouldBe(["a"]);
        world.Streams.Malformed.Select(malformed => (malformed.EntryId, malformed.FailureCode))
            .ShouldBe([(other, CommandFailure.IdempotencyConflict), (taken, CommandFailure.InvalidCommand)]);
        world.Events.Of("rejected").ShouldBe([$"rejected {other} idempotency_conflict b notification", $"rejected {taken} invalid_command a notification"]);
    }

    [Fact]
    [Trait("Requirement", "D15")]
    public void A_key_is_free_again_after_its_time()
    {
        using var world = new StreamWorld(new(TimeSpan.FromHours(1), UncertainPolicy.Retry));
        world.Send("a", "k");
        world.Run();
        world.Advance(TimeSpan.FromHours(1));
        world.Send("b", "k");
        world.Run();

        world.SentIds().ShouldBe(["a", "b"]);
    }

    [Theory]
    [InlineData("bug")]
    [InlineData("odd")]
    public void An_entry_that_cannot_be_read_or_accepted_is_recorded_and_does_not_hold_up_the_others(string fault)
    {
        using var world = new StreamWorld();
        var bad = world.Stream.Add((fault, "1"), ("id", "bad"));
        world.Send("a");
        world.Run();

        world.Codes.ShouldBe([CommandFailure.InvalidCommand]);
        world.Events.Of("faulted").ShouldBe([$"faulted {bad}"]);
        world.SentIds().ShouldBe(["a"]);
    }

    [Fact]
    public void A_command_that_cannot_be_stored_is_set_aside_and_its_neighbours_go_through_in_order()
    {
        using var world = new StreamWorld(start: false);
        world.Store.Faults.Poison("m3");
        var ids = Enumerable.Range(0, 8).Select(n => world.Send($"m{n}")).ToArray();
        world.Start();

        world.Streams.Malformed.ShouldHaveSingleItem().EntryId.ShouldBe(ids[3]);
        world.SentIds().ShouldBe(["m0", "m1", "m2", "m4", "m5", "m6", "m7"], ignoreOrder: true);
        world.Position!.Offset.ShouldBe(ids[7]);
        world.Position.Entries.ShouldBe(8);
    }

    [Fact]
    public void Stub_mode_takes_every_command_in_and_sends_none()
    {
        using var world = new StreamWorld(new(TimeSpan.FromHours(1), UncertainPolicy.Retry) { SuppressedBecause = "stub_mode" });
        world.Send("a");
        world.Advance(Minute);

        world.StatusOf("a").ShouldBe(DeliveryStatus.Suppressed);
        world.Provider.Taken.ShouldBeEmpty();
        world.AttemptEvents.News.ShouldHaveSingleItem().Status.ShouldBe(DeliveryStatus.Suppressed);
        world.Events.Of("taken").ShouldHaveSingleItem().ShouldEndWith("1 0 0");
    }

    [Fact]
    public void While_the_database_fails_nothing_is_lost_and_operators_hear_of_it_once()
    {
        using var world = new StreamWorld();
        world.Store.Faults.IsUnavailable = true;
        world.Send("a");
        world.Advance(Minute);
        world.Send("b");
        world.Advance(Minute);
        world.Provider.Taken.ShouldBeEmpty();
        var reads = world.Stream.Limits.Count;
        world.Advance(Minute);
        world.Stream.Limits.Count.ShouldBe(reads, "reading goes on though nothing can be stored");

        world.Store.Faults.IsUnavailable = false;
        world.Advance(Minute);

        world.SentIds().ShouldBe(["a", "b"], ignoreOrder: true);
        world.Events.Of("unavailable").ShouldBe(["unavailable store"]);
        world.Events.Of("recovered").ShouldBe(["recovered store"]);
    }

    [Fact]
    public void While_the_stream_fails_reading_waits_and_goes_on_by_itself()
    {
        using var world = new StreamWorld();
        world.Stream.IsUnavailable = true;
        world.Send("a");
        world.Advance(Minute);
        world.Provider.Taken.ShouldBeEmpty();

        world.Stream.IsUnavailable = false;
        world.Advance(TimeSpan.FromSeconds(2));

        world.SentIds().ShouldBe(["a"]);
        world.Events.Of("unavailable").ShouldBe(["unavailable stream"]);
        world.Events.Of("recovered").ShouldBe(["recovered stream"]);
    }

    [Fact]
    public void A_stream_that_tells_its_facts_and_cannot_be_read_is_one_spell_that_ends_with_the_first_read()
    {
        using var world = new StreamWorld(consuming: new() { Block = Minute });
        world.Stream.IsUnavailable = true;
        world.Advance(Minute);

        world.Stream.RefusesReads = true;
        world.Stream.IsUnavailable = false;
        world.Advance(Minute);
        world.Events.Of("recovered").ShouldBeEmpty();

        world.Stream.RefusesReads = false;
        world.Advance(TimeSpan.FromSeconds(2));

        world.Events.Of("unavailable").ShouldBe(["unavailable stream"]);
        world.Events.Of("recovered").ShouldBe(["recovered stream"]);
    }

    [Fact]
    public void The_next_read_is_under_way_while_a_batch_is_written_and_no_further_one()
    {
        using var world = new StreamWorld();
        world.Store.Faults.Hold();
        world.Send("a");
        world.Run();
        var reads = world.Stream.Limits.Count;
        world.Send("b");
        world.Run();
        world.Send("c");
        world.Run();
        world.Stream.Limits.Count.ShouldBe(reads, "a third batch would be read while the first is not written");

        world.Store.Faults.Release();
        world.Run();
        world.SentIds().ShouldBe(["a", "b", "c"], ignoreOrder: true);
    }

    [Fact]
    public void A_node_whose_shard_was_taken_writes_nothing_more_and_ends()
    {
        using var world = new StreamWorld();
        world.Send("a");
        world.Run();
        world.Store.Fence(CommandConsumer.ShardOf(StreamWorld.Name, 4));
        world.Send("b");
        world.Advance(Minute);

        world.StatusOf("b").ShouldBe(DeliveryStatus.Absent);
        world.Events.Of("lost").ShouldBe([$"lost {StreamWorld.Name}"]);
        world.Consumer.Ended.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void A_stop_waits_for_the_batch_under_way()
    {
        using var world = new StreamWorld();
        world.Send("a");
        world.Run();

        world.Stop(TimeSpan.FromSeconds(5)).ShouldBeTrue();
        world.Send("b");
        world.Run();
        world.StatusOf("b").ShouldBe(DeliveryStatus.Absent);
        world.Stream.Copy.ShouldBe(world.Position!.Offset);
    }

    [Fact]
    public void A_stop_gives_up_on_a_database_that_does_not_answer_and_the_entry_is_read_again()
    {
        using var world = new StreamWorld();
        world.Store.Faults.Hold();
        world.Send("a");
        world.Run();

        world.Stop(TimeSpan.FromSeconds(5)).ShouldBeFalse();
        world.Crash();
        world.Store.Faults.Release();
        world.Start();
        world.SentIds().ShouldBe(["a"]);
    }

    [Fact]
    public void The_copy_of_the_offset_is_left_now_and_then_and_its_failure_stops_nothing()
    {
        using var world = new StreamWorld();
        for (var n = 0; n < 50; n++)
        {
            world.Send($"m{n}");
            world.Run();
        }

        world.Stream.Copies.ShouldBeLessThan(5);
        world.Advance(TimeSpan.FromSeconds(5));
        world.Stream.Copy.ShouldBe(world.Position!.Offset);

        world.Stream.RefusesCopies = true;
        world.Send("after");
        world.Advance(TimeSpan.FromSeconds(5));
        world.SentIds().ShouldContain("after");
    }

    [Fact]
    public void A_read_that_failed_is_made_again_and_large_entries_are_written_a_few_at_a_time()
    {
        using var world = new StreamWorld(consuming: new() { Batch = 500, BatchBytes = 100_000 }, start: false);
        for (var n = 0; n < 3000; n++)
        {
            world.Send($"small{n}");
        }

        for (var n = 0; n < 20; n++)
        {
            world.Send($"large{n}", content: new string('x', 30_000));
        }

        world.Start();
        world.Stream.FailNextRead = new StreamUnavailableException("too large an answer");
        world.Advance(TimeSpan.FromSeconds(10));
        world.Position!.Entries.ShouldBe(3020);
        world.Events.Of("taken").Count.ShouldBeGreaterThanOrEqualTo(3000 / 500 + 20 / 4, "Large entries are written with small ones as if they were small.");
    }

    /// <summary>Anything that may go wrong, in an order drawn from a seed: every command has its effect once.</summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    [Trait("Requirement", "D14")]
    public void Whatever_fails_every_command_has_one_effect(int seed)
    {
        var random = new Random(seed);
        using var world = new StreamWorld(seed: seed);
        world.Store.Faults.Draw = () => random.Next(5) switch { 0 => CommitFault.Unavailable, 1 => CommitFault.UnknownOutcome, _ => CommitFault.None };
        for (var n = 0; n < 40; n++)
        {
            world.Send($"m{n}");
            if (random.Next(3) == 0)
            {
                world.Send($"m{n}");
            }

            if (random.Next(8) == 0)
            {
                world.Stream.FailNextRead = new StreamUnavailableException("drawn");
            }

            world.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
            if (random.Next(10) == 0)
            {
                world.Crash();
                Restart(world);
            }
        }

        world.Store.Faults.Draw = null;
        world.Advance(TimeSpan.FromMinutes(5));

        world.Deliveries.Rows.Count.ShouldBe(40);
        world.Deliveries.Rows.ShouldAllBe(row => row.State.Status == DeliveryStatus.Sent);
        world.Codes.ShouldBeEmpty();
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    private static void Restart(StreamWorld world)
    {
        var draw = world.Store.Faults.Draw;
        world.Store.Faults.Draw = null;
        world.Start();
        world.Store.Faults.Draw = draw;
    }
}
