using System.Collections.Immutable;
using System.Globalization;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>orgs</c>.</summary>
internal static class OrgRow
{
    public const string Columns = """
        org_id, version, name, created_at, updated_at, rps, on_uncertain, paused_at, paused_by, paused_reason, hold_until,
        window_holder, window_until, window_wishes, create_token
        """;

    /// <summary>Never throws for what the row says: a row that cannot be read is given as such.</summary>
    public static Loaded<OrgState> Load<TRow>(TRow row)
        where TRow : IRow
    {
        var id = row.Text(0);
        try
        {
            return new(id, State(row), row.Number(1), null);
        }
        catch (Exception unreadable) when (unreadable is FormatException or OverflowException or InvalidCastException)
        {
            return new(id, null, 0, unreadable);
        }
    }

    /// <exception cref="FormatException">The row holds a name that is not known.</exception>
    public static OrgState State<TRow>(TRow row)
        where TRow : IRow => new()
        {
            Id = new OrgId(row.Text(0)),
            Name = row.Text(2),
            CreatedAt = row.Time(3),
            UpdatedAt = row.Time(4),
            Rps = row.IsNull(5) ? null : checked((int)row.Number(5)),
            OnUncertain = row.TextOrNull(6) is { } policy ? StoredNames.Policy(policy) : null,
            Pause = row.TimeOrNull(7) is { } since ? new OutboundPause(row.TextOrNull(8) ?? "", row.TextOrNull(9) ?? "", since) : null,
            HoldUntil = row.TimeOrNull(10),
            Window = row.IsNull(11) ? null : new CallWindow(row.Number(11), row.Time(12)),
            Wishes = Wishes(row.TextOrNull(13)),
            CreateToken = row.Number(14),
        };

    /// <summary>What <see cref="Wishes(string?)"/> reads; null: none.</summary>
    public static string? Text(ImmutableArray<CallWish> wishes) => wishes.IsEmpty ? null
        : string.Join(' ', wishes.Select(wish => string.Create(CultureInfo.InvariantCulture, $"{wish.Holder}:{wish.At.UnixMilliseconds}")));

    private static ImmutableArray<CallWish> Wishes(string? text) => text is null ? [] :
    [
        .. text.Split(' ').Select(wish => wish.Split(':')).Select(parts => new CallWish(Number(parts[0]), new(Number(parts[^1])))),
    ];

    private static long Number(string text) => long.Parse(text, NumberStyles.Integer, CultureInfo.InvariantCulture);
}
