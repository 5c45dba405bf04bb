using System.Collections.Immutable;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>deliveries</c> and what is kept beside it, in the column order of <see cref="Columns"/>.</summary>
internal static class DeliveryRow
{
    /// <summary>Of <c>deliveries d</c>. The last one is made by each database: the recipients' statuses, joined by commas, null unless mixed.</summary>
    public const string Columns = """
        d.delivery_id, d.org_id, d.source, d.status, d.version, d.created_at, d.next_attempt_at, d.expires_at, d.on_uncertain, d.accept_token,
        d.attempts_made, d.last_attempt_no, d.last_attempt, d.claim_incarnation, d.claim_sequence, d.claim_deadline, d.claimed_at, d.reported,
        d.has_rendered, d.recipient_count, d.scheduled_at, d.updated_at, d.urgent, d.parent_id, d.trace_parent
        """;

    /// <summary>Bytes in which a listing looks for the end of a payload's head, as it stands in SQL.</summary>
    public const string LongestHeadText = "131072";

    /// <summary>How many columns come before the recipients' statuses.</summary>
    private const int Recipients = 25;

    /// <summary>Where a listing's payload (content, then rendered) follows.</summary>
    private const int Payload = Recipients + 1;

    /// <summary>Never throws for what the row says: a row that cannot be read is given as such.</summary>
    public static Loaded<DeliveryState> Load<TRow>(TRow row)
        where TRow : IRow
    {
        var id = row.Text(0);
        try
        {
            return new(id, State(row), row.Number(4), null);
        }
        catch (Exception unreadable) when (unreadable is FormatException or OverflowException or InvalidCastException)
        {
            return new(id, null, 0, unreadable);
        }
    }

    /// <exception cref="FormatException">The row holds a name that is not known.</exception>
    public static StoredDelivery Stored<TRow>(TRow row)
        where TRow : IRow
    {
        var rendered = row.BytesOrNull(Payload + 1);
        return new(
            State(row), PayloadCodec.DecodeRequest(row.Bytes(Payload)), rendered is null ? null : PayloadCodec.DecodeRendered(rendered),
            row.TimeOrNull(20), row.Time(21));
    }

    private static DeliveryState State<TRow>(TRow row)
        where TRow : IRow => new()
        {
            Id = new(row.Text(0)),
            Org = new(row.Text(1)),
            Source = row.Text(2),
            Urgent = row.Flag(22),
            Parent = row.TextOrNull(23) is { } parent ? new DeliveryId(parent) : null,
            TraceParent = row.TextOrNull(24),
            Status = StoredNames.Delivery(row.Text(3)),
            CreatedAt = row.Time(5),
            DueAt = row.TimeOrNull(6),
            ExpiresAt = row.TimeOrNull(7),
            OnUncertain = StoredNames.Policy(row.Text(8)),
            AcceptToken = row.Number(9),
            AttemptsMade = checked((int)row.Number(10)),
            LastAttemptNo = checked((int)row.Number(11)),
            LastAttempt = row.TextOrNull(12) is { } attempt ? StoredNames.Attempt(attempt) : null,
            Claim = row.IsNull(13) ? null : new Claim(new ClaimToken(row.Number(13), row.Number(14)), row.Time(15)),
            ClaimedAt = row.TimeOrNull(16) ?? Instant.Epoch,
            Reported = row.TextOrNull(17) is { } reported ? StoredNames.Delivery(reported) : null,
            HasRendered = row.Flag(18),
            RecipientCount = checked((int)row.Number(19)),
            Recipients = row.TextOrNull(Recipients) is { } recipients ? Statuses(recipients) : [],
        };

    private static ImmutableArray<RecipientStatus> Statuses(string names) => [.. names.Split(',').Select(StoredNames.Recipient)];
}
