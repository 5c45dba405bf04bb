using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Data.Rows;

/// <summary>A row of <c>delivery_payloads</c>: id, content, rendered.</summary>
internal static class PayloadRow
{
    /// <summary>The payload is null where it cannot be read: one broken row does not keep its neighbours from being sent.</summary>
    public static (string Id, StoredPayload? Payload) Read<TRow>(TRow row)
        where TRow : IRow
    {
        try
        {
            var rendered = row.BytesOrNull(2);
            return (row.Text(0), new(PayloadCodec.DecodeRequest(row.Bytes(1)), rendered is null ? null : PayloadCodec.DecodeRendered(rendered)));
        }
        catch (JsonException)
        {
            return (row.Text(0), null);
        }
    }

    public static IReadOnlyDictionary<string, StoredPayload> Readable(List<(string Id, StoredPayload? Payload)> rows)
    {
        var readable = new Dictionary<string, StoredPayload>(rows.Count);
        foreach (var (id, payload) in rows)
        {
            if (payload is not null)
            {
                readable[id] = payload;
            }
        }

        return readable;
    }
}
