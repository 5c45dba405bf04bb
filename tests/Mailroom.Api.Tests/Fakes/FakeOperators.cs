using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.Api.Tests.Fakes;

/// <summary>What operators read, out of the deliveries of <see cref="FakeMailroom"/>.</summary>
public sealed class FakeOperators(FakeMailroom mailroom) : IOperatorReads
{
    public List<StoredMalformed> Malformed { get; } = [];

    /// <summary>What was asked for last.</summary>
    public DeadLetterFilter? LastFilter { get; private set; }

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(DeadLetterFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        new([.. Dead(filter).Where(dead => after is null || dead.CreatedAt < after.CreatedAt
            || (dead.CreatedAt == after.CreatedAt && string.CompareOrdinal(dead.Delivery.Value, after.Id) < 0)).Take(limit)]);

    public ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, long most, CancellationToken cancel) => new(Math.Min(most, Dead(filter).LongCount()));

    public ValueTask<IReadOnlyList<StoredMalformed>> MalformedAsync(MalformedFilter filter, long? before, int limit, CancellationToken cancel) => new(
    [
        .. Malformed.Where(stored => (filter.FailureCode is null || stored.Command.FailureCode == filter.FailureCode)
                && (filter.Source is null || stored.Command.Source == filter.Source)
                && (filter.Stream is null || stored.Command.Stream == filter.Stream)
                && (filter.Since is null || stored.Command.RecordedAt >= filter.Since)
                && (before is null || stored.Number < before))
            .OrderByDescending(stored => stored.Number).Take(limit),
    ]);

    public ValueTask<ScheduleFacts> ScheduleAsync(Instant now, int lanes, CancellationToken cancel) => throw new NotSupportedException("The edge asks for no schedule.");

    public ValueTask<IReadOnlyList<DeliveryId>> RepeatsAsync(DeliveryId parent, int limit, CancellationToken cancel) =>
        new([.. mailroom.States().Where(state => state.Parent == parent).Select(state => state.Id).Reverse().Take(limit)]);

    private IEnumerable<DeadLetterRow> Dead(DeadLetterFilter filter)
    {
        LastFilter = filter;
        var all = mailroom.States();
        return all.Where(state => state.Status == DeliveryStatus.DeadLetter
                && (filter.Org is null || state.Org == filter.Org)
                && (filter.Source is null || state.Source == filter.Source)
                && (!filter.NotRepeated || !all.Any(other => other.Parent == state.Id)))
            .Select(state => new DeadLetterRow(state.Id, state.Org, state.Source, state.LastAttemptNo, "smtp_deferred", "451 later", state.CreatedAt, "Send it again."));
    }
}
