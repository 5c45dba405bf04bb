using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>The deliveries of one org that wait in memory, urgent or normal; what does not fit waits in the store. Only touched under the lock of <see cref="OrgLines"/>.</summary>
internal sealed class Lane(OrgId org, bool isUrgent)
{
    private readonly Queue<Waiter> _waiters = new();

    /// <summary>Its <see cref="LaneName"/>.</summary>
    public string Group { get; } = LaneName.Of(org.Value, isUrgent);

    public OrgId Org => org;

    public bool IsUrgent => isUrgent;

    /// <summary>It stands in the line for turns.</summary>
    public bool HasTurn { get; set; }

    public int Count => _waiters.Count;

    public bool IsEmpty => _waiters.Count == 0;

    public Instant? OldestDue => _waiters.TryPeek(out var oldest) ? oldest.DueAt : null;

    /// <summary>What is due after this was left in the store and comes from there, oldest first; null: nothing was left.</summary>
    public Instant? Behind { get; private set; }

    /// <summary>How often something was left.</summary>
    public long Leavings { get; private set; }

    public void Enqueue(Waiter waiter) => _waiters.Enqueue(waiter);

    public Waiter Dequeue() => _waiters.Dequeue();

    public void Leave(Instant due)
    {
        Leavings++;
        Behind = Behind is { } earlier && earlier <= due ? earlier : due;
    }

    /// <summary>The store has given all up to <paramref name="upTo"/>; null: all that there is, unless more was left meanwhile.</summary>
    public void Refilled(Instant? upTo, long leavings)
    {
        if (upTo is not null || Leavings == leavings)
        {
            Behind = upTo;
        }
    }
}

internal sealed record Waiter(DeliveryId Id, Instant DueAt, DeliveryRequest? Request);
