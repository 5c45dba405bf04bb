using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Simulation.Store;

/// <summary>One process's reads of deliveries.</summary>
internal sealed class NodeDeliveries(DatabaseLink link) : IDeliveryStore
{
    private IDeliveryStore Rows => link.Server.Deliveries;

    public async ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<DeliveryState>> found, CancellationToken cancel)
    {
        foreach (var row in await link.LoadAsync(Rows, ids).ConfigureAwait(false))
        {
            found(row);
        }
    }

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        ReadAsync(() => Rows.DueAsync(shards, now, after, limit, cancel));

    public ValueTask<DueGroupPage> DueByGroupAsync(IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel) =>
        ReadAsync(() => Rows.DueByGroupAsync(shards, now, after, groups, each, cancel));

    public ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel) =>
        ReadAsync(() => Rows.DueOfGroupAsync(group, shards, now, limit, cancel));

    public ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel) =>
        ReadAsync(() => Rows.PayloadsAsync(ids, cancel));

    public ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel) => ReadAsync(() => Rows.FindAsync(org, id, cancel));

    public ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel) => ReadAsync(() => Rows.AttemptsAsync(id, cancel));

    public ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel) => ReadAsync(() => Rows.RecipientsAsync(id, cancel));

    public ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel) => ReadAsync(() => Rows.TimelineAsync(id, cancel));

    public ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        ReadAsync(() => Rows.ListAsync(filter, after, limit, cancel));

    public ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(OrgId org, string source, string key, Instant now, CancellationToken cancel) =>
        ReadAsync(() => Rows.FindKeyAsync(org, source, key, now, cancel));

    public ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel) =>
        ReadAsync(() => Rows.LostClaimsAsync(shards, after, limit, cancel));

    private ValueTask<T> ReadAsync<T>(Func<ValueTask<T>> read) => link.ReadAsync(read);
}

/// <summary>One process's reads of orgs.</summary>
internal sealed class NodeOrgs(DatabaseLink link) : IOrgStore
{
    private IOrgStore Rows => link.Server.Orgs;

    public async ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<OrgState>> found, CancellationToken cancel)
    {
        foreach (var row in await link.LoadAsync(Rows, ids).ConfigureAwait(false))
        {
            found(row);
        }
    }

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        link.ReadAsync(() => Rows.DueAsync(shards, now, after, limit, cancel));

    public ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel) => link.ReadAsync(() => Rows.FindAsync(id, cancel));

    public ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel) => link.ReadAsync(() => Rows.ListAsync(after, limit, cancel));
}

internal static class DatabaseReads
{
    /// <summary>The store in memory answers at once, so its answer is at hand when the call is served.</summary>
    public static async ValueTask<T> ReadAsync<T>(this DatabaseLink link, Func<ValueTask<T>> read) =>
        await link.CallAsync(isCommit: false, () => read().AsTask().GetAwaiter().GetResult()).ConfigureAwait(false);

    public static Task<List<Loaded<TState>>> LoadAsync<TState>(this DatabaseLink link, IEntityRows<TState> rows, IReadOnlyList<string> ids)
        where TState : class => link.CallAsync(isCommit: false, () =>
        {
            var found = new List<Loaded<TState>>(ids.Count);
            rows.LoadAsync(ids, found.Add, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return found;
        });
}
