using Mailroom.Actors;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>delivery_recipients</c>.</summary>
internal static class RecipientRow
{
    public const string Columns = "position, kind, address, status, detail";

    public static StoredRecipient Read<TRow>(TRow row)
        where TRow : IRow => new(
            checked((int)row.Number(0)), row.Text(1), row.Text(2), row.TextOrNull(3) is { } status ? StoredNames.Recipient(status) : null, row.TextOrNull(4));
}

/// <summary>A row of <c>api_keys</c>.</summary>
internal static class ApiKeyRow
{
    public const string Columns = "key_id, org_id, name, prefix, hash, created_at, revoked_at, last_used_at";

    public static ApiKey Read<TRow>(TRow row)
        where TRow : IRow => new(
            row.Text(0), new OrgId(row.Text(1)), row.Text(2), row.Text(3), row.Bytes(4), row.Time(5), row.TimeOrNull(6), row.TimeOrNull(7));
}
