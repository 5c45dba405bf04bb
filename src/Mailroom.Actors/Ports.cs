using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors;

/// <summary>Somewhere that mail is handed to. Reports what happened; throws only when called wrongly.</summary>
public interface IMailProvider
{
    /// <summary>The permanent name, for example <c>smtp</c>.</summary>
    string Name { get; }

    /// <summary>The waits between attempts through this provider.</summary>
    RetryLadder Ladder { get; }

    /// <summary>
    /// Makes one attempt. Bounded by the provider's own deadline. Cancelling stops it only while the mail cannot have been accepted
    /// (<see cref="AttemptStatus.Interrupted"/>).
    /// </summary>
    ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping);
}

/// <summary>One attempt's mail, rendered.</summary>
/// <param name="Id">The delivery; the Message-ID is made of it and the same on every attempt.</param>
/// <param name="Request">Addresses, headers and attachments as asked for.</param>
/// <param name="Subject">What the template or the request says.</param>
/// <param name="Text">The plain text, if any.</param>
/// <param name="Html">The HTML, if any.</param>
/// <param name="Recipients">Positions in the envelope to address; null: all.</param>
/// <param name="CreatedAt">When the mail was accepted: its Date header.</param>
public sealed record OutboundMail(
    DeliveryId Id, DeliveryRequest Request, string Subject, string? Text, string? Html, IReadOnlyList<int>? Recipients, DateTimeOffset CreatedAt)
{
    /// <summary>Whose it is.</summary>
    public OrgId Org { get; init; }

    /// <summary>Which attempt this is, from 1.</summary>
    public int AttemptNo { get; init; }

    /// <summary>The W3C <c>traceparent</c> of what asked for the mail, or null. For traces only: it never leaves with the mail.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>The template catalog as the core sees it.</summary>
public interface ITemplates
{
    bool Knows(string templateId);

    /// <summary>Renders, or says why not: <c>unknown_template</c>, <c>unknown_variable</c>, <c>render_failed</c>, <c>output_too_large</c>.</summary>
    RenderResult Render(string templateId, string? locale, JsonElement variables);
}

public sealed record RenderResult(RenderedContent? Content, string? ErrorCode, string? ErrorMessage);

/// <summary>A delivery as it is stored: state, request, and what a listing shows.</summary>
public sealed record StoredDelivery(DeliveryState State, DeliveryRequest Request, RenderedContent? Rendered, Instant? ScheduledAt, Instant UpdatedAt);

/// <summary>One attempt as it is stored; the running one has no end.</summary>
public sealed record StoredAttempt(
    int AttemptNo, AttemptStatus Status, bool Counted, Instant StartedAt, Instant? EndedAt, string? Reason, int ReplyCode, string? EnhancedCode,
    string? Summary, string? RemoteHost, string? ProviderMessageId, string? Conversation)
{
    /// <summary>The provider that made it (<see cref="IMailProvider.Name"/>); null while it runs, and where no provider was asked.</summary>
    public string? Provider { get; init; }
}

/// <summary>One line of a delivery's timeline. <paramref name="Event"/> is a <see cref="DeliveryEvent.Name"/>.</summary>
public sealed record TimelineEntry(Instant At, string Event, DeliveryStatus Status, string? Detail);

/// <summary>One recipient as it is stored; its status is the delivery's where it has none of its own.</summary>
public sealed record StoredRecipient(int Position, string Kind, string Address, RecipientStatus? Status, string? Detail);

/// <summary>
/// Everything about deliveries that is read from the store; writes go through <see cref="ICommitStore"/>. What waits is grouped by org
/// and lane, see <see cref="LaneName"/>; claims that ran out belong to no group.
/// </summary>
public interface IDeliveryStore : IEntityRows<DeliveryState>, IDueGroups
{
    /// <summary>The requests of several deliveries (and their rendered content where kept) in one round trip; absent ones are left out.</summary>
    ValueTask<IReadOnlyDictionary<string, StoredPayload>> PayloadsAsync(IReadOnlyList<string> ids, CancellationToken cancel);

    /// <summary>One delivery, or null. With <paramref name="org"/>, only of that org.</summary>
    ValueTask<StoredDelivery?> FindAsync(OrgId? org, DeliveryId id, CancellationToken cancel);

    /// <summary>By number, the running attempt last.</summary>
    ValueTask<IReadOnlyList<StoredAttempt>> AttemptsAsync(DeliveryId id, CancellationToken cancel);

    ValueTask<IReadOnlyList<StoredRecipient>> RecipientsAsync(DeliveryId id, CancellationToken cancel);

    /// <summary>By time; attempts are told apart as <c>attempt_started</c> and <c>attempt_ended</c>.</summary>
    ValueTask<IReadOnlyList<TimelineEntry>> TimelineAsync(DeliveryId id, CancellationToken cancel);

    /// <summary>Newest first by creation time and id, at most <paramref name="limit"/> after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<StoredDelivery>> ListAsync(DeliveryFilter filter, DeliveryCursor? after, int limit, CancellationToken cancel);

    /// <summary>The delivery that holds an unexpired idempotency key, or null.</summary>
    ValueTask<(DeliveryId Delivery, byte[] Fingerprint)?> FindKeyAsync(OrgId org, string source, string key, Instant now, CancellationToken cancel);

    /// <summary>Deliveries of <paramref name="shards"/> whose attempt was claimed by an incarnation that is no member as it is read, by id, after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<ClaimedRow>> LostClaimsAsync(IReadOnlyList<int> shards, string? after, int limit, CancellationToken cancel);
}

public sealed record StoredPayload(DeliveryRequest Request, RenderedContent? Rendered);

public sealed record ClaimedRow(string Id, ClaimToken Token);

/// <summary>What a listing shows; absent members do not narrow it.</summary>
public sealed record DeliveryFilter(OrgId? Org, DeliveryStatus? Status = null)
{
    /// <summary>The intake, for example <c>notification</c>.</summary>
    public string? Source { get; init; }

    /// <summary>One recipient's address; the letters A to Z are compared without regard to case.</summary>
    public string? Recipient { get; init; }

    public string? TemplateId { get; init; }

    /// <summary>Accepted at or after this time.</summary>
    public Instant? Since { get; init; }

    /// <summary>Accepted before this time.</summary>
    public Instant? Until { get; init; }
}

public sealed record DeliveryCursor(Instant CreatedAt, string Id);

/// <summary>An org's API key as it is stored: never the key itself, but its SHA-256.</summary>
public sealed record ApiKey(string Id, OrgId Org, string Name, string Prefix, byte[] Hash, Instant CreatedAt, Instant? RevokedAt, Instant? LastUsedAt);

public interface IApiKeys
{
    ValueTask<ApiKey?> FindAsync(byte[] hash, CancellationToken cancel);

    ValueTask AddAsync(ApiKey key, CancellationToken cancel);

    ValueTask<IReadOnlyList<ApiKey>> ListAsync(OrgId? org, CancellationToken cancel);

    /// <summary>False when there is no such key or it is revoked already.</summary>
    ValueTask<bool> RevokeAsync(string id, Instant at, CancellationToken cancel);

    /// <summary>Notes the last use of keys, in one batch.</summary>
    ValueTask TouchAsync(IReadOnlyDictionary<string, Instant> used, CancellationToken cancel);
}

/// <summary>The store as a whole: opened, migrated, checked.</summary>
public interface IStoreAdmin
{
    /// <summary>True when a trivial read answers in time.</summary>
    ValueTask<bool> IsHealthyAsync(CancellationToken cancel);

    /// <summary>Every migration that this build knows or the store has applied, oldest first.</summary>
    ValueTask<IReadOnlyList<MigrationStatus>> MigrationsAsync(CancellationToken cancel);

    /// <summary>Applies what is missing, under a lock, and returns the versions applied.</summary>
    ValueTask<IReadOnlyList<int>> MigrateUpAsync(CancellationToken cancel);

    /// <summary>Reverts exactly the newest applied migration and returns its version, or null when there is none.</summary>
    ValueTask<int?> MigrateDownAsync(CancellationToken cancel);
}

/// <param name="Version">From 1.</param>
/// <param name="Name">What it does.</param>
/// <param name="AppliedAt">Null: pending.</param>
/// <param name="Known">False: applied by a newer build.</param>
/// <param name="DestructiveDown">Reverting it loses data.</param>
public sealed record MigrationStatus(int Version, string Name, Instant? AppliedAt, bool Known, bool DestructiveDown);
