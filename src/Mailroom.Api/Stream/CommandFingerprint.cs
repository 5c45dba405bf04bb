using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Stream;

/// <summary>
/// SHA-256 of a command in its canonical form, which is made of what was understood: order, blanks and escapes of the JSON do not
/// matter, nor do <c>request_id</c>, <c>trace_id</c> and <c>traceparent</c>. A repeat carries the same <c>requested_at_ms</c>.
/// The sender is not part of it, as it is this service's setting.
/// </summary>
internal static class CommandFingerprint
{
    private const byte Version = 1;

    public static byte[] Of(DeliveryId id, long requestedAt, DeliveryRequest request)
    {
        var text = new ArrayBufferWriter<byte>(1024);
        text.Write([Version]);
        Add(text, id.Value);
        AddNumber(text, requestedAt);
        Add(text, request.To);
        Add(text, request.Cc);
        Add(text, request.Bcc);
        Add(text, request.ReplyTo);
        Add(text, request.Subject);
        Add(text, request.Text);
        Add(text, request.Html);
        Add(text, request.Template?.Id);
        Add(text, request.Template?.Locale);
        if (request.Template is { } template)
        {
            Add(text, template.Variables);
        }

        AddNumber(text, request.Attachments.Count);
        foreach (var attachment in request.Attachments)
        {
            Add(text, attachment.FileName);
            Add(text, attachment.ContentType);
            AddNumber(text, attachment.Content.Length);
            text.Write(attachment.Content.Span);
        }

        return SHA256.HashData(text.WrittenSpan);
    }

    private static void Add(ArrayBufferWriter<byte> text, IReadOnlyList<Mailbox> mailboxes)
    {
        AddNumber(text, mailboxes.Count);
        foreach (var mailbox in mailboxes)
        {
            Add(text, mailbox.Address);
            Add(text, mailbox.Name);
        }
    }

    /// <summary>With its length before it, so that no two commands can look alike.</summary>
    private static void Add(ArrayBufferWriter<byte> text, string? value)
    {
        if (value is null)
        {
            AddNumber(text, -1);
            return;
        }

        AddNumber(text, Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, text);
    }

    private static void AddNumber(ArrayBufferWriter<byte> text, long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(text.GetSpan(8), number);
        text.Advance(8);
    }

    /// <summary>Members by name; numbers as they were written. The reader has bounded the depth.</summary>
    private static void Add(ArrayBufferWriter<byte> text, JsonElement value)
    {
        text.Write([(byte)value.ValueKind]);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                AddNumber(text, value.GetPropertyCount());
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    Add(text, member.Name);
                    Add(text, member.Value);
                }

                break;
            case JsonValueKind.Array:
                AddNumber(text, value.GetArrayLength());
                foreach (var item in value.EnumerateArray())
                {
                    Add(text, item);
                }

                break;
            case JsonValueKind.String:
                Add(text, value.GetString());
                break;
            case JsonValueKind.Number:
                Add(text, value.GetRawText());
                break;
            case JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value.ValueKind, "Not a JSON value.");
        }
    }
}
