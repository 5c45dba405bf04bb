using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>The reads.</summary>
public sealed partial class MemoryDeliveries
{
    public ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<IReadOnlyDictionary<string, StoredPayload>>(() => ids
            .Where(id => _extras.GetValueOrDefault(id)?.Payload is not null)
            .ToDictionary(id => id, id => PayloadOf(_extras[id]))));
    }

    public ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(this[id.Value] is { } row && (org is null || row.State.Org == org) ? Stored(row) : null);
    }

    public ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<IReadOnlyList<StoredAttempt>>(() => _extras.TryGetValue(id.Value, out var extras) ? [.. extras.Attempts.Values] : []));
    }

    public ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<IReadOnlyList<StoredRecipient>>(() =>
        {
            if (this[id.Value] is not { } row || _extras[id.Value] is not { Payload: not null } extras)
            {
                return [];
            }

            var request = PayloadOf(extras).Request;
            return
            [
                .. Enumerable.Range(0, request.RecipientCount).Select(position => new StoredRecipient(
                    position, request.RecipientKind(position), request.Recipient(position).Address,
                    row.State.Recipients.IsEmpty ? null : row.State.Recipients[position], extras.Details.GetValueOrDefault(position))),
            ];
        }));
    }

    public ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        var entries = new List<TimelineEntry>();
        var state = DeliveryState.Absent;
        foreach (var happened in this[id.Value]?.History ?? [])
        {
            state = Delivery.Apply(state, happened);
            entries.Add(new(happened.OccurredAt, happened.Name, state.Status, null));
        }

        return new(entries);
    }

    public ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<IReadOnlyList<StoredDelivery>>(() =>
        [
            .. Rows
                .Where(row => Fits(row, filter))
                .OrderByDescending(row => row.State.CreatedAt).ThenByDescending(row => row.Id, StringComparer.Ordinal)
                .Where(row => after is null || IsAfter(row, after))
                .Take(limit)
                .Select(Stored),
        ]));
    }

    public ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(OrgId org, string source, string key, Instant now, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<(DeliveryId, byte[])?>(() =>
            _keys.TryGetValue((org, source, key), out var taken) && taken.ExpiresAt > now ? (taken.Delivery, taken.Fingerprint) : null));
    }

    public ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel)
    {
        ThrowIfUnavailable();
        return new(Reading<IReadOnlyList<ClaimedRow>>(() =>
        [
            .. Rows
                .Where(row => row.State is { Status: DeliveryStatus.Sending, Claim: { } claim } && IsLost(claim.Token.Incarnation)
                    && shards.Contains(row.Shard) && string.CompareOrdinal(row.Id, after) > 0)
                .OrderBy(row => row.Id, StringComparer.Ordinal)
                .Take(limit)
                .Select(row => new ClaimedRow(row.Id, row.State.Claim!.Token)),
        ]));
    }

    private bool Fits(MemoryRow<DeliveryState, DeliveryEvent> row, DeliveryFilter filter)
    {
        var state = row.State;
        if ((filter.Org is { } org && state.Org != org) || (filter.Status is { } status && state.Status != status)
            || (filter.Source is { } source && state.Source != source) || state.CreatedAt < filter.Since || state.CreatedAt >= filter.Until)
        {
            return false;
        }

        var request = filter.Recipient is null && filter.TemplateId is null ? null : PayloadOf(_extras[row.Id]).Request;
        return (filter.TemplateId is null || request!.Template?.Id == filter.TemplateId)
            && (filter.Recipient is null || Enumerable.Range(0, request!.RecipientCount)
                .Any(position => string.Equals(request.Recipient(position).Address, filter.Recipient, StringComparison.OrdinalIgnoreCase)));
    }

    private static bool IsAfter(MemoryRow<DeliveryState, DeliveryEvent> row, DeliveryCursor cursor) =>
        row.State.CreatedAt < cursor.CreatedAt || (row.State.CreatedAt == cursor.CreatedAt && string.CompareOrdinal(row.Id, cursor.Id) < 0);

    private static StoredPayload PayloadOf(Extras extras) =>
        new(PayloadCodec.DecodeRequest(extras.Payload), extras.Rendered is { } rendered ? PayloadCodec.DecodeRendered(rendered) : null);

    private StoredDelivery Stored(MemoryRow<DeliveryState, DeliveryEvent> row) => Reading(() =>
    {
        var extras = _extras[row.Id];
        var payload = PayloadOf(extras);
        return new StoredDelivery(row.State, payload.Request, payload.Rendered, extras.ScheduledAt, extras.UpdatedAt);
    });
}
