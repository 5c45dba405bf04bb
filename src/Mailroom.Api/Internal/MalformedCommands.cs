using System.Text;
using System.Text.Json;
using Mailroom.Actors.Operators;
using Mailroom.Api.Emails;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal;

/// <summary>The stream's entries that were refused, for review (C50).</summary>
internal sealed class MalformedCommands(IOperatorReads operators)
{
    public async Task ListAsync(HttpContext context, CancellationToken reads)
    {
        var query = new QueryFilters(context);
        var filter = new MalformedFilter
        {
            Stream = query.Text("stream", 256),
            FailureCode = query.Text("failure_code", 64),
            Source = query.Text("source", 128),
            Since = query.Time("since"),
        };
        var before = query.Cursor<NumberCursor>(PageCursor.TryNumber);
        var limit = query.Limit();
        query.End();

        var found = await operators.MalformedAsync(filter, before?.Before, limit + 1, reads);
        var page = Page<StoredMalformed>.Of(found, limit, last => PageCursor.Of(last.Number));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, page, static (json, page) => page.Write(json, Write));
    }

    private static void Write(Utf8JsonWriter json, StoredMalformed stored)
    {
        var command = stored.Command;
        json.WriteStartObject();
        json.WriteNumber("number", stored.Number);
        json.WriteString("stream", command.Stream);
        json.WriteString("stream_entry_id", command.EntryId.ToString());
        json.WriteString("recorded_at", command.RecordedAt.ToString());
        json.WriteString("failure_code", command.FailureCode);
        json.WriteString("failure_message", command.FailureMessage);
        EmailJson.WriteOptional(json, "delivery_id", command.DeliveryId);
        EmailJson.WriteOptional(json, "source", command.Source);
        json.WritePropertyName("raw_fields");
        WriteRaw(json, command.RawFields.Span);
        json.WriteBoolean("raw_truncated", command.RawTruncated);
        json.WriteEndObject();
    }

    /// <summary>As JSON, or as text where it was cut off in the middle.</summary>
    private static void WriteRaw(Utf8JsonWriter json, ReadOnlySpan<byte> raw)
    {
        JsonElement fields;
        try
        {
            fields = JsonElement.Parse(raw);
        }
        catch (JsonException)
        {
            json.WriteStringValue(Encoding.UTF8.GetString(raw));
            return;
        }

        fields.WriteTo(json);
    }
}
