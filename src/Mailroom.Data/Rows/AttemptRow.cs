using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>attempts</c>, and the running attempt, which is a delivery's claim.</summary>
internal static class AttemptRow
{
    public const string Columns = """
        attempt_no, status, counted, started_at, ended_at, reason, reply_code, enhanced_code, provider_summary, remote_host,
        provider_message_id, conversation, provider
        """;

    /// <summary>Of a delivery whose status is <c>sending</c>.</summary>
    public const string RunningColumns = "last_attempt_no, claimed_at";

    public static StoredAttempt Ended<TRow>(TRow row)
        where TRow : IRow => new(
            checked((int)row.Number(0)), StoredNames.Attempt(row.Text(1)), row.Flag(2), row.Time(3), row.Time(4), row.TextOrNull(5),
            checked((int)row.Number(6)), row.TextOrNull(7), row.TextOrNull(8), row.TextOrNull(9), row.TextOrNull(10), row.TextOrNull(11))
        {
            Provider = row.TextOrNull(12),
        };

    public static StoredAttempt Running<TRow>(TRow row)
        where TRow : IRow => Running(checked((int)row.Number(0)), row.Time(1));

    private static StoredAttempt Running(int number, Instant startedAt) =>
        new(number, AttemptStatus.InProgress, false, startedAt, null, null, 0, null, null, null, null, null);
}
