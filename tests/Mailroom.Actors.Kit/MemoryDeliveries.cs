using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Deliveries in a <see cref="MemoryStore"/>: rows, payloads, attempts, recipients, dead letters, timelines, idempotency keys.</summary>
public sealed partial class MemoryDeliveries : MemoryTable<DeliveryState, DeliveryEvent>, IDeliveryStore
{
    private readonly Dictionary<string, Extras> _extras = [];
    private readonly Dictionary<(OrgId Org, string Source, string Key), (DeliveryId Delivery, byte[] Fingerprint, Instant ExpiresAt)> _keys = [];
    private readonly List<string> _deadLetters = [];

    private readonly MemoryStore _store;

    private MemoryDeliveries(MemoryStore store)
        : base(store, Delivery.DueAt) => _store = store;

    /// <summary>The ids of the dead letters, in order of their coming.</summary>
    public IReadOnlyList<string> DeadLetters => Reading(() => _deadLetters.ToList());

    public static MemoryDeliveries In(MemoryStore store) => store.Add(Delivery.Kind.Name, new MemoryDeliveries(store));

    /// <summary>Loses the payload of a delivery, as a careless operator would.</summary>
    public void LosePayload(string id) => Reading(() => _extras[id].Payload = null);

    protected override object? Reject(Change<DeliveryState, DeliveryEvent> change)
    {
        foreach (var happened in change.Events)
        {
            if (!_store.Faults.IgnoresKeys && happened is DeliveryAccepted { Command: { Idempotency: { } key } command }
                && _keys.TryGetValue((command.Org, command.Source, key.Key), out var taken) && taken.ExpiresAt > happened.OccurredAt)
            {
                return new IdempotencyHit(taken.Delivery, taken.Fingerprint.AsSpan().SequenceEqual(key.Fingerprint));
            }
        }

        return null;
    }

    protected override void Written(Change<DeliveryState, DeliveryEvent> change)
    {
        foreach (var happened in change.Events)
        {
            Write(change.Id, happened);
        }

        _extras[change.Id].UpdatedAt = change.Events[change.Events.Count - 1].OccurredAt;
    }

    private void Write(string id, DeliveryEvent happened)
    {
        switch (happened)
        {
            case DeliveryAccepted { Command: var command }:
                _extras.Add(id, new() { Payload = command.Payload.ToArray(), ScheduledAt = command.ScheduledAt });
                if (command.Idempotency is { } key)
                {
                    _keys[(command.Org, command.Source, key.Key)] = (command.Id, key.Fingerprint, key.ExpiresAt);
                }

                break;
            case AttemptStarted started:
                _extras[id].Attempts.Add(started.AttemptNo, new(started.AttemptNo, AttemptStatus.InProgress, false, started.OccurredAt, null, null, 0, null, null, null, null, null));
                break;
            case AttemptEnded ended:
                var report = ended.Report;
                _extras[id].Attempts[ended.AttemptNo] = new(
                    ended.AttemptNo, report.Status, ended.Counted, ended.StartedAt, ended.OccurredAt, report.Reason, report.ReplyCode, report.EnhancedCode,
                    report.Summary, report.RemoteHost, report.ProviderMessageId, report.Conversation) { Provider = report.Provider };
                _extras[id].Rendered = report.Rendered is { } rendered ? PayloadCodec.Encode(rendered) : _extras[id].Rendered;
                Tell(id, report.Recipients);
                break;
            case ProviderWordRecorded word:
                Tell(id, word.Recipients);
                break;
            case DeliveryDeadLettered:
                _deadLetters.Add(id);
                break;
            case DeliveryRescheduled moved:
                _extras[id].ScheduledAt = moved.DueAt;
                break;
            case DeliveryQueued or RetryScheduled or DeliverySent or DeliverySuppressed or DeliveryFailed or DeliveryExpired or DeliveryCanceled or DeliveryParked:
                break;
            default:
                throw new InvalidDataException($"The store does not know the event {happened.Name}.");
        }
    }

    private void Tell(string id, IReadOnlyList<RecipientOutcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            _extras[id].Details[outcome.Position] = outcome.Detail;
        }
    }

    /// <summary>What is stored beside the row.</summary>
    private sealed class Extras
    {
        public byte[]? Payload { get; set; }

        public byte[]? Rendered { get; set; }

        public Instant? ScheduledAt { get; set; }

        public Instant UpdatedAt { get; set; }

        public SortedDictionary<int, StoredAttempt> Attempts { get; } = [];

        public Dictionary<int, string?> Details { get; } = [];
    }
}
