using System.Text;
using System.Text.Unicode;
using Mailroom.Actors.Streams;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Stream;

/// <summary>The fields of an entry by name, each at most once.</summary>
internal readonly struct EntryFields
{
    public const string DeliveryId = "delivery_id";
    public const string Source = "source";
    public const string PayloadMode = "payload_mode";
    public const string IdempotencyKey = "idempotency_key";
    public const string RequestedAt = "requested_at_ms";
    public const string Payload = "payload_json";
    public const string RequestId = "request_id";
    public const string TraceId = "trace_id";
    public const string TraceParent = "traceparent";

    /// <summary>More than this is not looked at: none of them could be right.</summary>
    private const int MostFields = 32;

    private const int ShownLength = 128;

    private static readonly (byte[] Utf8, string Name)[] Known =
    [
        .. new[] { DeliveryId, Source, PayloadMode, IdempotencyKey, RequestedAt, Payload, RequestId, TraceId, TraceParent }
            .Select(name => (Encoding.ASCII.GetBytes(name), name)),
    ];

    private readonly ReadOnlyMemory<byte>?[] _values;

    private EntryFields(ReadOnlyMemory<byte>?[] values) => _values = values;

    public static IEnumerable<string> Names => Known.Select(known => known.Name);

    public static EntryFields Read(StreamEntry entry, Faults faults)
    {
        var fields = new EntryFields(new ReadOnlyMemory<byte>?[Known.Length]);
        if (entry.Fields.Count > MostFields)
        {
            faults.Add("", $"has {entry.Fields.Count} fields and may have {Known.Length}");
        }

        for (var index = 0; index < Math.Min(entry.Fields.Count, MostFields); index++)
        {
            var field = entry.Fields[index];
            var place = PlaceOf(field.Name.Span);
            if (place < 0)
            {
                faults.Add(Printable(field.Name.Span), "is not a known field");
            }
            else if (fields._values[place] is not null)
            {
                faults.Add(Known[place].Name, "is given twice");
            }
            else
            {
                fields._values[place] = field.Value;
            }
        }

        return fields;
    }

    /// <summary>The value to be shown: at most 128 characters, controls and what is not UTF-8 replaced; null: there is none.</summary>
    public string? Shown(string name) => Value(name) is { } value ? Printable(value.Span) : null;

    /// <summary>The value as text without control characters; null after a fault, and where an optional one is not there.</summary>
    public string? Text(string name, bool required, int maxLength, Faults faults)
    {
        if (Value(name) is not { } value)
        {
            if (required)
            {
                faults.Add(name, "is missing", ProblemKinds.MissingRequiredField);
            }

            return null;
        }

        if (!Utf8.IsValid(value.Span))
        {
            faults.Add(name, "is not valid UTF-8");
            return null;
        }

        // Bytes are never fewer than characters, so what is far too long is not even decoded.
        var text = value.Length > 4 * maxLength ? null : Encoding.UTF8.GetString(value.Span);
        if (text is null || text.Length > maxLength)
        {
            faults.Add(name, $"is longer than {maxLength} characters");
            return null;
        }

        if (required && text.Length == 0)
        {
            faults.Add(name, "must not be empty");
            return null;
        }

        foreach (var letter in text)
        {
            if (char.IsControl(letter))
            {
                faults.Add(name, "must not contain control characters such as CR, LF or NUL");
                return null;
            }
        }

        return text;
    }

    /// <summary>As it came, or null where there is none. <paramref name="name"/> is one of the constants here.</summary>
    public ReadOnlyMemory<byte>? Value(string name)
    {
        for (var place = 0; place < Known.Length; place++)
        {
            if (ReferenceEquals(Known[place].Name, name))
            {
                return _values[place];
            }
        }

        throw new ArgumentOutOfRangeException(nameof(name), name, "Not a field of a command.");
    }

    private static int PlaceOf(ReadOnlySpan<byte> name)
    {
        for (var place = 0; place < Known.Length; place++)
        {
            if (name.SequenceEqual(Known[place].Utf8))
            {
                return place;
            }
        }

        return -1;
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, ShownLength)]);
        return text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? '\uFFFD' : letter)) : text;
    }
}
