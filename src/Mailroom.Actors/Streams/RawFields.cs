using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Mailroom.Actors.Streams;

/// <summary>
/// The fields of a refused entry as they are kept for operators: UTF-8 JSON, an array of <c>{"name", "value"}</c> in the entry's
/// order, because names may repeat. Bytes that are not UTF-8, and NUL, are shown as U+FFFD.
/// </summary>
public static class RawFields
{
    /// <summary>Bytes of names and values that are kept.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Fields that are kept.</summary>
    public const int MostFields = 64;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON, and whether something was left out of it.</summary>
    public static (ReadOnlyMemory<byte> Json, bool Truncated) Of(StreamEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var room = MostBytes;
        var truncated = entry.IsCut || entry.Fields.Count > MostFields;
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartArray();
            for (var index = 0; index < Math.Min(entry.Fields.Count, MostFields); index++)
            {
                var field = entry.Fields[index];
                json.WriteStartObject();
                json.WriteString("name", Take(field.Name.Span, ref room, ref truncated));
                json.WriteString("value", Take(field.Value.Span, ref room, ref truncated));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return (buffer.WrittenMemory, truncated);
    }

    private static string Take(ReadOnlySpan<byte> bytes, ref int room, ref bool truncated)
    {
        if (bytes.Length > room)
        {
            truncated = true;
            bytes = bytes[..room];
        }

        room -= bytes.Length;
        return Encoding.UTF8.GetString(bytes).Replace('\0', '\uFFFD');
    }
}
