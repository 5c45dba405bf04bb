using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Postgres;

/// <summary>All reads of deliveries behind one port.</summary>
/// <param name="reads">Reads that see every commit.</param>
/// <param name="listings">Reads that may be a moment behind: operators' listings over all orgs. An org sees its own mail at once.</param>
internal sealed class PostgresDeliveryStore(PostgresReads reads, PostgresReads listings) : IDeliveryStore
{
    private readonly PostgresDeliveries _kernel = new(reads);
    private readonly PostgresLanes _lanes = new(reads);
    private readonly PostgresDeliveryViews _views = new(reads);
    private readonly PostgresDeliveryViews _listings = new(listings);

    public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<DeliveryState>> found, CancellationToken cancel) =>
        _kernel.LoadAsync(ids, found, cancel);

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        _kernel.DueAsync(shards, now, after, limit, cancel);

    public ValueTask<DueGroupPage> DueByGroupAsync(
        IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel) =>
        _lanes.ByLaneAsync(shards, now, after, groups, each, cancel);

    public ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel) =>
        _lanes.OfLaneAsync(group, shards, now, limit, cancel);

    public ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel) =>
        _kernel.PayloadsAsync(ids, cancel);

    public ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(OrgId org, string source, string key, Instant now, CancellationToken cancel) =>
        _kernel.FindKeyAsync(org, source, key, now, cancel);

    public ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(
        IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel) =>
        _kernel.LostClaimsAsync(shards, after, limit, cancel);

    public ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel) => _views.FindAsync(org, id, cancel);

    public ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel) => _views.AttemptsAsync(id, cancel);

    public ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel) => _views.RecipientsAsync(id, cancel);

    public ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel) => _views.TimelineAsync(id, cancel);

    public ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        (filter.Org is null ? _listings : _views).ListAsync(filter, after, limit, cancel);
}
