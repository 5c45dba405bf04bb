using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Mailroom.Host.Telemetry.Export;

/// <summary>Writes objects as lines of JSON, each with one call of the writer, so that lines of the log never stand inside one.</summary>
internal sealed class JsonLine(TextWriter output)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    public void Write<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json, value);
            json.WriteEndObject();
        }

        output.Write(Encoding.UTF8.GetString(_buffer.WrittenSpan) + "\n");
    }

    public static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static void WriteTags(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object?>> tags)
    {
        json.WriteStartObject("attributes");
        foreach (var (key, value) in tags)
        {
            switch (value)
            {
                case int number:
                    json.WriteNumber(key, number);
                    break;
                case long number:
                    json.WriteNumber(key, number);
                    break;
                default:
                    json.WriteString(key, Convert.ToString(value, CultureInfo.InvariantCulture));
                    break;
            }
        }

        json.WriteEndObject();
    }
}
