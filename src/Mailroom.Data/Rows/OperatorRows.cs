using Mailroom.Actors;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Streams;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>dead_letters</c>.</summary>
internal static class DeadLetterReading
{
    public const string Columns =
        "l.delivery_id, l.org_id, l.source, l.final_attempt_no, l.failure_classification, l.provider_summary, l.created_at, l.recovery_hint";

    public static DeadLetterRow Read<TRow>(TRow row)
        where TRow : IRow => new(
            new DeliveryId(row.Text(0)), new OrgId(row.Text(1)), row.Text(2), checked((int)row.Number(3)), row.Text(4), row.TextOrNull(5), row.Time(6), row.Text(7));
}

/// <summary>A row of <c>malformed_commands m</c>.</summary>
internal static class MalformedRow
{
    public const string Columns = """
        m.number, m.stream, m.entry_id, m.recorded_at, m.failure_code, m.failure_message, m.delivery_id, m.source, m.raw_fields, m.raw_truncated
        """;

    /// <exception cref="FormatException">The row's entry id is not one.</exception>
    public static StoredMalformed Read<TRow>(TRow row)
        where TRow : IRow => new(
            row.Number(0),
            new MalformedCommand(
                row.Text(1), Entry(row.Text(2)), row.Time(3), row.Text(4), row.Text(5), row.TextOrNull(6), row.TextOrNull(7), row.Bytes(8), row.Flag(9)));

    private static StreamEntryId Entry(string text) => StreamEntryId.TryParse(text, out var id)
        ? id
        : throw new FormatException($"The row has an entry id '{text}' that is not one.");
}

/// <summary>What waits in one lane: org, urgent, how many, oldest due.</summary>
internal static class LaneRow
{
    public static LaneFacts Read<TRow>(TRow row)
        where TRow : IRow => new(new OrgId(row.Text(0)), row.Flag(1), row.Number(2), row.Time(3));
}
