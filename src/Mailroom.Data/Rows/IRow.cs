using Mailroom.Actors.Kernel;

namespace Mailroom.Data.Rows;

/// <summary>The current row of a result, by column position; what reads rows is written once for both databases.</summary>
internal interface IRow
{
    bool IsNull(int column);

    string Text(int column);

    long Number(int column);

    bool Flag(int column);

    Instant Time(int column);

    byte[] Bytes(int column);
}

internal static class OptionalColumns
{
    public static string? TextOrNull<TRow>(this TRow row, int column)
        where TRow : IRow => row.IsNull(column) ? null : row.Text(column);

    public static Instant? TimeOrNull<TRow>(this TRow row, int column)
        where TRow : IRow => row.IsNull(column) ? null : row.Time(column);

    public static byte[]? BytesOrNull<TRow>(this TRow row, int column)
        where TRow : IRow => row.IsNull(column) ? null : row.Bytes(column);
}
