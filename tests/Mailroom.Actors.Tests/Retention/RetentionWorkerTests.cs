using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Retention;

namespace Mailroom.Actors.Tests.Retention;

public sealed class RetentionWorkerTests : IDisposable
{
    private static readonly TimeSpan Month = TimeSpan.FromHours(720);
    private static readonly TimeSpan Quarter = TimeSpan.FromHours(2160);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly ManualWorld _world = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Recorded _events = new();
    private readonly MemoryRetention _store;
    private bool _isOwner = true;
    private double _drawn;

    public RetentionWorkerTests() => _store = new(_world.Clock);

    [Fact]
    [Trait("Requirement", "D20")]
    [Trait("Requirement", "D21")]
    public void Only_what_is_older_than_its_own_time_goes()
    {
        foreach (var rows in (List<Instant>[])[_store.Deliveries, _store.Malformed, _store.Keys])
        {
            rows.AddRange([Ago(Quarter + Hour), Ago(Month + Hour), Ago(Hour), Ago(-Hour)]);
        }

        Start();

        _store.Deliveries.ShouldBe([Ago(Hour), Ago(-Hour)]);
        _store.Malformed.ShouldBe([Ago(Month + Hour), Ago(Hour), Ago(-Hour)]);
        _store.Keys.ShouldBe([Ago(-Hour)]);
        _events.Passes.ShouldHaveSingleItem().ShouldBe(new RetentionPass(2, 1, 3, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(0, 60)]
    [InlineData(1, 63)]
    [Trait("Requirement", "D22")]
    public void The_first_pass_is_at_the_start_and_the_others_follow_at_the_interval_and_its_jitter(double drawn, int minutes)
    {
        _drawn = drawn;
        var start = _world.Now;
        Start();
        _events.Passes.Count.ShouldBe(1);

        _world.Advance(TimeSpan.FromMinutes(minutes) * 3);

        Starts().ShouldBe([start, .. Enumerable.Range(1, 3).Select(pass => start + (TimeSpan.FromMinutes(minutes) * pass))]);
    }

    [Fact]
    public void Much_is_deleted_in_small_batches_with_a_breath_between()
    {
        _store.Deliveries.AddRange(Enumerable.Repeat(Ago(Month * 2), 1_700));

        Start();
        _store.Deliveries.Count.ShouldBe(1_200);
        _world.Advance(TimeSpan.FromSeconds(1));

        _store.Calls.Where(call => call.What == "deliveries").Select(call => call.Deleted).ShouldBe([500, 500, 500, 200]);
        _store.Calls.Where(call => call.What == "deliveries").Zip(_store.Calls.Skip(1)).Take(3).ShouldAllBe(pair => pair.Second.At - pair.First.At == TimeSpan.FromMilliseconds(50));
        _store.Calls.Select(call => call.Before).Distinct().Count().ShouldBe(3);
        _events.Passes.ShouldHaveSingleItem().Deliveries.ShouldBe(1_700);
    }

    [Fact]
    public void A_store_that_fails_is_waited_for_longer_and_longer_and_told_of_once()
    {
        _store.Deliveries.AddRange(Enumerable.Repeat(Ago(Month * 2), 700));
        var failures = 0;
        _store.Fault = _ => _store.Calls.Count == 1 && failures++ < 4 ? new StoreUnavailableException("gone") : null;

        var start = _world.Now;
        Start();
        _world.Advance(TimeSpan.FromMinutes(1));

        _events.StoreFailures.ShouldBe(1);
        _store.Deliveries.Count.ShouldBe(0);
        (_store.Calls[1].At - start).ShouldBe(TimeSpan.FromMilliseconds(50) + TimeSpan.FromSeconds(1 + 2 + 4 + 8));
        _events.Passes.ShouldHaveSingleItem().Deliveries.ShouldBe(700);
    }

    [Fact]
    public void A_batch_that_is_too_much_for_the_store_is_made_smaller()
    {
        _store.Deliveries.AddRange(Enumerable.Repeat(Ago(Month * 2), 200));
        _store.Most = 40;

        Start();
        _world.Advance(TimeSpan.FromMinutes(5));

        _store.Calls.Where(call => call.What == "deliveries").Select(call => call.Deleted).ShouldBe([31, 31, 31, 31, 31, 31, 14]);
        _events.Passes.ShouldHaveSingleItem().Deliveries.ShouldBe(200);
    }

    [Fact]
    public void An_error_of_its_own_ends_the_pass_and_the_next_one_tries_again()
    {
        _store.Malformed.Add(Ago(Quarter * 2));
        var broken = true;
        _store.Fault = what => broken && what == "malformed" ? new InvalidOperationException("broken") : null;
        Start();
        _events.Faults.ShouldHaveSingleItem().Message.ShouldBe("broken");
        _events.Passes.ShouldBeEmpty();

        broken = false;
        _world.Advance(Hour);

        _store.Malformed.ShouldBeEmpty();
        _events.Passes.Count.ShouldBe(1);
    }

    [Fact]
    public void A_node_that_is_not_the_owner_deletes_nothing_until_it_is()
    {
        _store.Deliveries.AddRange(Enumerable.Repeat(Ago(Month * 2), 1_200));
        _isOwner = false;
        Start();
        _world.Advance(Hour * 3);
        _store.Calls.ShouldBeEmpty();
        _events.Passes.ShouldBeEmpty();

        _isOwner = true;
        _world.Advance(Hour + TimeSpan.FromSeconds(1));
        _store.Deliveries.Count.ShouldBe(0);
    }

    [Fact]
    public void A_node_that_loses_ownership_in_a_pass_deletes_no_further_batch()
    {
        _store.Deliveries.AddRange(Enumerable.Repeat(Ago(Month * 2), 1_200));
        Start();

        _isOwner = false;
        _world.Advance(Hour * 2);

        _store.Deliveries.Count.ShouldBe(700);
        _store.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("between passes")]
    [InlineData("between batches")]
    [InlineData("in a batch")]
    [InlineData("while the store fails")]
    public async Task It_stops_at_once(string when)
    {
        _store.Deliveries.AddRange(Enumerable.Repeat(Ago(Month * 2), when == "between batches" ? 1_200 : 1));
        _store.Hangs = when == "in a batch";
        _store.Fault = _ => when == "while the store fails" ? new StoreUnavailableException("gone") : null;
        var running = Start();
        running.IsCompleted.ShouldBeFalse();

        await _stopping.CancelAsync();

        // The clock stands, so nothing but the signal can end it.
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        _events.Faults.ShouldBeEmpty();
        _store.Calls.Count.ShouldBeLessThanOrEqualTo(when == "between passes" ? 3 : 1);
    }

    public void Dispose() => _stopping.Dispose();

    private Task Start()
    {
        var worker = new RetentionWorker(_store, new(Month, Quarter, Hour), () => _isOwner, _world.Clock, () => _drawn, _events);
        Task running = null!;
        Inline.Do(() => running = worker.RunAsync(_stopping.Token));
        _world.Run();
        return running;
    }

    private Instant Ago(TimeSpan time) => new(Instant.From(ManualClock.Start).UnixMilliseconds - (long)time.TotalMilliseconds);

    private IEnumerable<Instant> Starts() => _store.Calls.Where(call => call.What == "deliveries").Select(call => call.At);

    private sealed class Recorded : IRetentionEvents
    {
        public List<RetentionPass> Passes { get; } = [];

        public int StoreFailures { get; private set; }

        public List<Exception> Faults { get; } = [];

        public void PassEnded(RetentionPass pass) => Passes.Add(pass);

        public void StoreFailed(Exception why) => StoreFailures++;

        public void PassFaulted(Exception why) => Faults.Add(why);
    }
}
