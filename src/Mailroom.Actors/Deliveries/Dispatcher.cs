using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>How much a node does at once.</summary>
/// <param name="Slots">Attempts at the same time (C29).</param>
/// <param name="ClaimFor">How long a claim holds: the provider's own deadline and 30 s (D17).</param>
public sealed record DispatchOptions(int Slots, TimeSpan ClaimFor)
{
    /// <summary>
    /// Claims beyond the slots: their commits and payloads are on the way while the slots are in use, so that a slot never waits
    /// for the database. After a crash they count as uncertain like any claim, though none of them can be a duplicate.
    /// </summary>
    public int Ahead { get; init; } = 2 * Slots;

    /// <summary>Deliveries that may wait for a slot in memory; more wait in the store, where the scan finds them.</summary>
    public int Waiting { get; init; } = 4096;
}

/// <summary>
/// Hands a node's slots to deliveries: to a fresh one at its acceptance where one is free, else in turn between orgs.
/// It may forget everything at any time, because what waits is due in the store.
/// </summary>
public sealed class Dispatcher(IActorHost host, DispatchOptions options, TimeProvider clock) : IDueGate, IReplyTo
{
    private readonly Lock _gate = new();
    private readonly Dictionary<OrgId, Queue<Waiter>> _byOrg = [];
    private readonly Queue<OrgId> _turns = new();
    private readonly HashSet<string> _waiting = [];
    private Instant? _dropped;
    private int _pumping;
    private int _taken;
    private long _incarnation;
    private long _sequence;
    private bool _stopped = true;

    /// <summary>Provider calls at the same time.</summary>
    public int Slots => options.Slots;

    /// <summary>How many claims are out, those ahead included.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>How many deliveries wait in memory.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public int Room => options.Waiting - Waiting;

    public void Start(long incarnation)
    {
        lock (_gate)
        {
            _incarnation = incarnation;
            _stopped = false;
        }
    }

    /// <summary>Gives out no more slots.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
        }
    }

    /// <summary>A claim for a mail that is just being accepted, or null when no slot is free or others are before it. The asker names this dispatcher as the witness of its ask.</summary>
    public Claim? TryTake()
    {
        lock (_gate)
        {
            return _waiting.Count == 0 ? TakeLocked() : null;
        }
    }

    /// <summary>Puts a delivery in its org's line.</summary>
    public void Await(AwaitSlot wait)
    {
        lock (_gate)
        {
            if (_stopped || _waiting.Contains(wait.Id.Value))
            {
                return;
            }

            if (_waiting.Count >= options.Waiting)
            {
                Drop(wait.DueAt);
                return;
            }

            _waiting.Add(wait.Id.Value);
            if (!_byOrg.TryGetValue(wait.Org, out var line))
            {
                _byOrg.Add(wait.Org, line = new());
            }

            if (line.Count == 0)
            {
                _turns.Enqueue(wait.Org);
            }

            line.Enqueue(new(wait.Id, wait.DueAt, wait.Request));
        }

        Pump();
    }

    /// <summary>A slot is free again.</summary>
    public void Release()
    {
        Interlocked.Decrement(ref _taken);
        Pump();
    }

    /// <summary>The answer to an accept that was given a slot: where no attempt begins, the slot is free again.</summary>
    public void Reply(object answer)
    {
        if (answer is not Accepted { Attempting: true })
        {
            Release();
        }
    }

    public Instant? TakeDropped()
    {
        lock (_gate)
        {
            var dropped = _dropped;
            _dropped = null;
            return dropped;
        }
    }

    /// <summary>One thread at a time, and never from within itself: a refused ask answers at once and would come back here.</summary>
    private void Pump()
    {
        if (Interlocked.Increment(ref _pumping) != 1)
        {
            return;
        }

        int asked;
        do
        {
            asked = Volatile.Read(ref _pumping);
            while (Next() is { } next)
            {
                var claim = new ClaimAttempt(next.Claim, next.Waiter.Request);
                host.Ask(Delivery.Kind, next.Waiter.Id.Value, claim, new ClaimAnswer(this, next.Waiter.DueAt));
            }
        }
        while (Interlocked.CompareExchange(ref _pumping, 0, asked) != asked);
    }

    private (Waiter Waiter, Claim Claim)? Next()
    {
        lock (_gate)
        {
            if (_turns.Count == 0 || TakeLocked() is not { } claim)
            {
                return null;
            }

            var org = _turns.Dequeue();
            var line = _byOrg[org];
            var waiter = line.Dequeue();
            _waiting.Remove(waiter.Id.Value);
            if (line.Count > 0)
            {
                _turns.Enqueue(org);
            }
            else
            {
                _byOrg.Remove(org);
            }

            return (waiter, claim);
        }
    }

    private Claim? TakeLocked()
    {
        if (_stopped || Volatile.Read(ref _taken) >= options.Slots + options.Ahead)
        {
            return null;
        }

        Interlocked.Increment(ref _taken);
        return new(new(_incarnation, ++_sequence), clock.Now() + options.ClaimFor);
    }

    private void Drop(Instant due) => _dropped = _dropped is { } earlier && earlier <= due ? earlier : due;

    private void DropAndRelease(Instant due)
    {
        lock (_gate)
        {
            Drop(due);
        }

        Release();
    }

    private sealed class ClaimAnswer(Dispatcher dispatcher, Instant dueAt) : IReplyTo
    {
        public void Reply(object answer)
        {
            switch (answer)
            {
                case Claimed:
                    break;
                case NotDone:
                    dispatcher.DropAndRelease(dueAt);
                    break;
                default:
                    dispatcher.Release();
                    break;
            }
        }
    }

    private sealed record Waiter(DeliveryId Id, Instant DueAt, DeliveryRequest? Request);
}
