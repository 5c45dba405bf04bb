using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Simulation.Defects;

/// <summary>Reads that leave out what is to be found, or find too much.</summary>
internal sealed class DefectiveDeliveries(Defect defect, IDeliveryStore rows) : IDeliveryStore
{
    private IReadOnlyList<int>? _first;

    public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<DeliveryState>> found, CancellationToken cancel) => rows.LoadAsync(ids, found, cancel);

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        rows.DueAsync(Seen(shards), now, after, limit, cancel);

    public ValueTask<DueGroupPage> DueByGroupAsync(IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel) =>
        rows.DueByGroupAsync(Seen(shards), now, after, groups, each, cancel);

    public ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel) =>
        rows.DueOfGroupAsync(group, Seen(shards), now, limit, cancel);

    public ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel) => rows.PayloadsAsync(ids, cancel);

    public ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel) => rows.FindAsync(org, id, cancel);

    public ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel) => rows.AttemptsAsync(id, cancel);

    public ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel) => rows.RecipientsAsync(id, cancel);

    public ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel) => rows.TimelineAsync(id, cancel);

    public ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        rows.ListAsync(filter, after, limit, cancel);

    public ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(OrgId org, string source, string key, Instant now, CancellationToken cancel) =>
        rows.FindKeyAsync(org, source, key, now, cancel);

    public ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel) => defect switch
    {
        Defect.DeadClaimsForgotten => new([]),
        _ => rows.LostClaimsAsync(shards, after, limit, cancel),
    };

    private IReadOnlyList<int> Seen(IReadOnlyList<int> shards) => defect switch
    {
        Defect.NothingScanned => [],
        Defect.MovedNotScanned => [.. shards.Where((_first ??= shards).Contains)],
        _ => shards,
    };
}
