using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Tests.Streams;

/// <summary>Streams that are trimmed, emptied, or fall back to an older state.</summary>
public sealed class ContinuityTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(10, 10, "5-0", 5, "whole")] // in the midst of what is there
    [InlineData(10, 10, "10-0", 10, "whole")] // all read
    [InlineData(10, 3, "10-0", 10, "whole")] // all read, the old ones trimmed
    [InlineData(10, 0, "10-0", 10, "whole")] // all read, all trimmed
    [InlineData(10, 3, "7-0", 7, "whole")] // trimmed just to the offset
    [InlineData(10, 3, "5-0", 5, "gap 2")] // two trimmed past it
    [InlineData(10, 0, "5-0", 5, "gap 5")] // all trimmed
    [InlineData(10, 10, "0-0", 0, "whole")] // at the beginning
    [InlineData(10, 4, "0-0", 0, "gap 6")] // the beginning is gone
    [InlineData(10, 10, "12-0", 12, "reset")] // an older state
    [InlineData(4, 4, "3-0", 8, "reset")] // another stream whose ids reach further
    public void Facts_tell_whether_anything_was_lost(long added, long length, string offset, long entries, string expected)
    {
        StreamEntryId.TryParse(offset, out var at).ShouldBeTrue();
        StreamEntryId? first = length == 0 ? null : new StreamEntryId((ulong)(added - length + 1), 0);
        var facts = new StreamFacts(length, first, new((ulong)added, 0), null) { Added = added };

        var (verdict, after, lost) = StreamContinuity.Check(new(at, entries), facts);

        (verdict switch { Continuity.Gap => $"gap {lost}", Continuity.Reset => "reset", _ => "whole" }).ShouldBe(expected);
        after.ShouldBe(verdict switch
        {
            Continuity.Reset => StreamCursor.Start,
            Continuity.Gap => new StreamCursor(at, entries + lost!.Value),
            _ => new StreamCursor(at, entries),
        });
    }

    [Fact]
    public void A_stream_that_is_not_there_is_a_reset_only_for_whom_it_was_there()
    {
        StreamContinuity.Check(StreamCursor.Start, null).Verdict.ShouldBe(Continuity.Whole);
        StreamContinuity.Check(new(new(5, 0), 5), null).Verdict.ShouldBe(Continuity.Reset);
    }

    [Fact]
    public void Before_the_first_look_nothing_is_lost() =>
        StreamContinuity.First(new StreamFacts(3, new(8, 0), new(10, 0), null) { Added = 10 }).ShouldBe(new StreamCursor(StreamEntryId.Start, 7));

    [Theory]
    [InlineData("6-0", "8-0", "gap 6-0")] // deleted past the offset, reading goes on behind it
    [InlineData("4-0", "8-0", "whole")] // deleted before it
    [InlineData(null, "8-0", "whole")] // nothing is known
    [InlineData("9-0", "8-0", "whole")] // amid what is still to be read
    public void A_server_that_does_not_count_tells_of_deletions(string? deleted, string first, string expected)
    {
        StreamEntryId? highest = StreamEntryId.TryParse(deleted, out var id) ? id : null;
        StreamEntryId.TryParse(first, out var oldest).ShouldBeTrue();

        var (verdict, after, _) = StreamContinuity.Check(new(new(5, 0), 5), new(3, oldest, new(10, 0), highest));

        (verdict == Continuity.Gap ? $"gap {after.Offset}" : "whole").ShouldBe(expected);
    }

    [Fact]
    public void Entries_trimmed_before_they_were_read_are_recorded_counted_and_not_waited_for()
    {
        using var world = new StreamWorld();
        world.Send("read");
        world.Run();
        world.Crash();
        world.Send("lost1");
        world.Send("lost2");
        var next = world.Send("kept");
        world.Stream.Trim(1);
        world.Start();
        world.Advance(Minute);

        world.SentIds().ShouldBe(["read", "kept"]);
        var record = world.Streams.Malformed.ShouldHaveSingleItem();
        (record.FailureCode, record.EntryId).ShouldBe((CommandFailure.Gap, next));
        record.FailureMessage.ShouldStartWith("2 entries after 1-0 ");
        world.Position!.Gaps.ShouldBe(1);
        world.Events.Of("gap").ShouldBe(["gap 1-0 2"]);
        world.Events.Of("rejected").ShouldBeEmpty();
    }

    [Fact]
    public void A_stream_trimmed_to_nothing_is_a_gap_once()
    {
        using var world = new StreamWorld();
        world.Send("read");
        world.Run();
        world.Crash();
        world.Send("lost");
        world.Stream.Trim(0);
        world.Start();
        world.Advance(Minute);
        world.Send("after");
        world.Advance(Minute);

        world.Position!.Gaps.ShouldBe(1);
        world.Position.Entries.ShouldBe(3);
        world.SentIds().ShouldBe(["read", "after"]);
    }

    [Fact]
    public void An_entry_deleted_amid_what_waits_is_found_missing_once_the_others_are_read()
    {
        using var world = new StreamWorld();
        world.Send("a");
        world.Run();
        world.Crash();
        world.Send("b");
        var gone = world.Send("gone");
        world.Send("d");
        world.Stream.Delete(gone);
        world.Start();
        world.Advance(Minute);

        world.SentIds().ShouldBe(["a", "b", "d"], ignoreOrder: true);
        world.Position!.Gaps.ShouldBe(1);
        world.Position.Entries.ShouldBe(4);
    }

    [Fact]
    public void Trimming_and_deleting_what_was_read_is_no_gap()
    {
        using var world = new StreamWorld();
        var first = world.Send("a");
        world.Send("b");
        world.Run();
        world.Stream.Delete(first);
        world.Stream.Trim(0);
        world.Advance(Minute);
        world.Send("c");
        world.Advance(Minute);

        world.Position!.Gaps.ShouldBe(0);
        world.SentIds().ShouldBe(["a", "b", "c"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_that_was_emptied_is_read_from_its_beginning_and_old_commands_count_once(bool whileRunning)
    {
        using var world = new StreamWorld();
        world.Send("a");
        var offset = world.Send("b");
        world.Run();
        if (!whileRunning)
        {
            world.Crash();
        }

        world.Stream.Flush();
        if (!whileRunning)
        {
            world.Start();
        }

        world.Advance(Minute);
        world.Stream.Add(new StreamEntryId(1, 0), ("id", "a"), ("key", "a"), ("content", ""));
        world.Stream.Add(new StreamEntryId(1, 1), ("id", "c"), ("key", "c"), ("content", ""));
        world.Advance(Minute);

        world.SentIds().ShouldBe(["a", "b", "c"], ignoreOrder: true);
        world.Position!.Resets.ShouldBe(1);
        world.Position.Offset.ShouldBe(new(1, 1));
        world.Events.Of("reset").ShouldBe([$"reset {offset} -"]);
        world.Codes.ShouldBe([CommandFailure.Reset]);
    }

    [Fact]
    public void A_failover_to_an_older_replica_is_told_and_read_again_without_a_second_effect()
    {
        using var world = new StreamWorld();
        world.Send("a");
        world.Send("b");
        var offset = world.Send("c");
        world.Run();
        world.Stream.LoseNewest(1);
        world.Advance(Minute);
        world.Send("d");
        world.Advance(Minute);

        world.SentIds().ShouldBe(["a", "b", "c", "d"], ignoreOrder: true);
        world.Events.Of("reset").ShouldBe([$"reset {offset} 2-0"]);
        world.StatusOf("d").ShouldBe(DeliveryStatus.Sent);
    }

    [Fact]
    public void A_gap_that_cannot_be_recorded_at_once_is_recorded_when_the_database_answers_again()
    {
        using var world = new StreamWorld();
        world.Send("read");
        world.Run();
        world.Crash();
        world.Send("lost");
        world.Send("kept");
        world.Stream.Trim(1);
        world.Store.Faults.Script(CommitFault.Unavailable, CommitFault.UnknownOutcome);
        Should.NotThrow(world.Start);
        world.Advance(Minute);

        world.Position!.Gaps.ShouldBe(1);
        world.Codes.ShouldBe([CommandFailure.Gap]);
        world.SentIds().ShouldBe(["read", "kept"]);
    }
}
