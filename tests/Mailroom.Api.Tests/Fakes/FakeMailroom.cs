using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Api.Tests.Fakes;

/// <summary>The core in memory: the real delivery entity over a dictionary, and answers that a test can put in its place.</summary>
public sealed class FakeMailroom(TimeProvider clock) : IIntake, IActorHost, IDeliveryStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Row> _rows = [];
    private readonly Dictionary<(string Org, string Source, string Key), (DeliveryId Id, byte[] Fingerprint)> _keys = [];
    private long _tokens;

    public FakeOrgs Orgs { get; } = new(clock);

    /// <summary>Every mail is accepted and suppressed.</summary>
    public string? SuppressedBecause { get; set; }

    /// <summary>Reads wait for it, or for the end of their time.</summary>
    public Task? ReadsWaitFor { get; set; }

    /// <summary>Asked first; null: the real answer.</summary>
    public Func<NewDelivery, object?>? Instead { get; set; }

    /// <summary>Asked first by <see cref="AskAsync{TMessage}"/>; null: the real answer.</summary>
    public object? AskInstead { get; set; }

    /// <summary>Thrown by every read.</summary>
    public Exception? ReadFails { get; set; }

    public ConcurrentQueue<NewDelivery> Asked { get; } = new();

    public int Stored
    {
        get
        {
            lock (_gate)
            {
                return _rows.Count;
            }
        }
    }

    public ValueTask<object> AcceptAsync(NewDelivery mail)
    {
        Asked.Enqueue(mail);
        return new(Instead?.Invoke(mail) ?? Accept(mail));
    }

    /// <summary>Puts a message to a delivery as the dispatcher or a provider would.</summary>
    public object Tell(string id, DeliveryMessage message)
    {
        lock (_gate)
        {
            return Decide(id, message);
        }
    }

    public void Replace(string id, Func<DeliveryState, DeliveryState> change)
    {
        lock (_gate)
        {
            _rows[id].State = change(_rows[id].State);
        }
    }

    /// <summary>Keeps content as a first attempt that failed does.</summary>
    public void Render(string id, RenderedContent content)
    {
        lock (_gate)
        {
            _rows[id].Rendered = content;
        }
    }

    public void AddAttempt(string id, StoredAttempt attempt)
    {
        lock (_gate)
        {
            _rows[id].Attempts.Add(attempt);
        }
    }

    public DeliveryRequest RequestOf(string id)
    {
        lock (_gate)
        {
            return _rows[id].Request!;
        }
    }

    public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class => throw new NotSupportedException("The edge only asks.");

    public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
        where TMessage : class => throw new NotSupportedException("The edge only asks in the awaitable way.");

    public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness = null)
        where TMessage : class => new(AskInstead ?? ((object)message is OrgMessage toOrg ? Orgs.Ask(id, toOrg) : Tell(id, (DeliveryMessage)(object)message)));

    public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
        where TMessage : class => throw new NotSupportedException("The edge does not passivate.");

    public ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel) => Read(() =>
        _rows.TryGetValue(id.Value, out var row) && (org is null || row.State.Org == org) ? row.ToStored() : null, cancel);

    public ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel) =>
        Read<IReadOnlyList<StoredAttempt>>(() => [.. _rows.GetValueOrDefault(id.Value)?.Attempts ?? []], cancel);

    public ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel) =>
        Read<IReadOnlyList<TimelineEntry>>(() => [.. _rows.GetValueOrDefault(id.Value)?.Timeline ?? []], cancel);

    public ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel) =>
        Read<IReadOnlyList<StoredRecipient>>(() =>
        {
            var row = _rows[id.Value];
            return
            [
                .. Enumerable.Range(0, row.Request!.RecipientCount).Select(i => new StoredRecipient(
                    i, row.Request.RecipientKind(i), row.Request.Recipient(i).Address, row.State.Recipients.IsEmpty ? null : row.State.Recipients[i], null)),
            ];
        }, cancel);

    public ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel) =>
        Read<IReadOnlyList<StoredDelivery>>(() => [.. Newest().Where(row => Matches(row, filter) && IsAfter(row, after)).Take(limit).Select(row => row.ToStored())], cancel);

    /// <summary>The states of all deliveries, newest first.</summary>
    public IReadOnlyList<DeliveryState> States()
    {
        lock (_gate)
        {
            return [.. Newest().Select(row => row.State)];
        }
    }

    public ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(OrgId org, string source, string key, Instant now, CancellationToken cancel) =>
        throw new NotSupportedException("The edge leaves keys to the intake.");

    public ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel) =>
        throw new NotSupportedException("The edge reads no payloads by themselves.");

    public ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel) =>
        throw new NotSupportedException("The edge looks for no claims.");

    public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<DeliveryState>> found, CancellationToken cancel) =>
        throw new NotSupportedException("The edge loads no rows.");

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        throw new NotSupportedException("The edge asks for nothing due.");

    public ValueTask<DueGroupPage> DueByGroupAsync(
        IReadOnlyList<int> shards, Instant now, string? after, int groups, int each, CancellationToken cancel) =>
        throw new NotSupportedException("The edge asks for nothing due.");

    public ValueTask<IReadOnlyList<DueRow>> DueOfGroupAsync(string group, IReadOnlyList<int> shards, Instant now, int limit, CancellationToken cancel) =>
        throw new NotSupportedException("The edge asks for nothing due.");

    private IEnumerable<Row> Newest() =>
        _rows.Values.OrderByDescending(row => row.State.CreatedAt).ThenByDescending(row => row.State.Id.Value, StringComparer.Ordinal);

    private static bool Matches(Row row, DeliveryFilter filter) =>
        (filter.Org is null || row.State.Org == filter.Org)
        && (filter.Status is null || row.State.Status == filter.Status)
        && (filter.Source is null || row.State.Source == filter.Source)
        && (filter.TemplateId is null || row.Request!.Template?.Id == filter.TemplateId)
        && (filter.Recipient is null
            || Enumerable.Range(0, row.Request!.RecipientCount).Any(i => row.Request.Recipient(i).Address.Equals(filter.Recipient, StringComparison.OrdinalIgnoreCase)))
        && (filter.Since is null || row.State.CreatedAt >= filter.Since)
        && (filter.Until is null || row.State.CreatedAt < filter.Until);

    private static bool IsAfter(Row row, DeliveryCursor? after) => after is null || row.State.CreatedAt < after.CreatedAt
        || (row.State.CreatedAt == after.CreatedAt && string.CompareOrdinal(row.State.Id.Value, after.Id) < 0);

    private object Accept(NewDelivery mail)
    {
        lock (_gate)
        {
            var fingerprint = mail.Fingerprint ?? Fingerprint(mail);
            if (mail.IdempotencyKey is { } key && _keys.TryGetValue((mail.Org.Value, mail.Source, key), out var taken))
            {
                return new IdempotencyHit(taken.Id, taken.Fingerprint.AsSpan().SequenceEqual(fingerprint));
            }

            var id = mail.Id ?? new DeliveryId("em_" + Guid.CreateVersion7());
            var answer = Decide(id.Value, new AcceptDelivery
            {
                Id = id,
                Org = mail.Org,
                Source = mail.Source,
                Request = mail.Request,
                Payload = PayloadCodec.Encode(mail.Request),
                AcceptToken = ++_tokens,
                Urgent = mail.Urgent,
                Parent = mail.Parent,
                TraceParent = mail.TraceParent,
                SuppressedBecause = SuppressedBecause,
                OnUncertain = mail.OnUncertain ?? mail.OrgOnUncertain ?? UncertainPolicy.Retry,
                ScheduledAt = mail.ScheduledAt,
                ExpiresAt = mail.ExpiresAt,
            });
            if (answer is Accepted && mail.IdempotencyKey is { } fresh)
            {
                _keys[(mail.Org.Value, mail.Source, fresh)] = (id, fingerprint);
            }

            return answer;
        }
    }

    private object Decide(string id, DeliveryMessage message)
    {
        var known = _rows.TryGetValue(id, out var row);
        row ??= new Row();
        var decision = Delivery.Decide(row.State, message, clock.Now());
        foreach (var happened in decision.Events)
        {
            row.State = Delivery.Apply(row.State, happened);
            row.Note(happened);
        }

        if (!known && decision.Events.Count > 0)
        {
            _rows[id] = row;
        }

        return decision.Answer ?? Done.Instance;
    }

    private async ValueTask<T> Read<T>(Func<T> read, CancellationToken cancel)
    {
        if (ReadsWaitFor is { } wait)
        {
            await wait.WaitAsync(cancel);
        }

        if (ReadFails is { } error)
        {
            throw error;
        }

        lock (_gate)
        {
            return read();
        }
    }

    private static byte[] Fingerprint(NewDelivery mail) =>
        SHA256.HashData([.. PayloadCodec.Encode(mail.Request), .. BitConverter.GetBytes(mail.ScheduledAt?.UnixMilliseconds ?? 0)]);

    private sealed class Row
    {
        public DeliveryState State { get; set; } = DeliveryState.Absent;

        public DeliveryRequest? Request { get; private set; }

        public RenderedContent? Rendered { get; set; }

        public Instant? ScheduledAt { get; private set; }

        public List<TimelineEntry> Timeline { get; } = [];

        public List<StoredAttempt> Attempts { get; } = [];

        public void Note(DeliveryEvent happened)
        {
            if (happened is DeliveryAccepted accepted)
            {
                Request = accepted.Command.Request;
                ScheduledAt = accepted.Command.ScheduledAt;
            }
            else if (happened is DeliveryRescheduled moved)
            {
                ScheduledAt = moved.DueAt;
            }
            else if (happened is AttemptEnded { Report: var report } ended)
            {
                Attempts.Add(new StoredAttempt(
                    ended.AttemptNo, report.Status, ended.Counted, ended.StartedAt, ended.OccurredAt, report.Reason, report.ReplyCode, report.EnhancedCode,
                    report.Summary, report.RemoteHost, report.ProviderMessageId, report.Conversation) { Provider = report.Provider });
            }

            Timeline.Add(new TimelineEntry(happened.OccurredAt, happened.Name, State.Status, null));
        }

        public StoredDelivery ToStored() => new(State, Request!, Rendered, ScheduledAt, State.CreatedAt);
    }
}
