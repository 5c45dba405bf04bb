using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// The stored form of a request and of rendered content: UTF-8 JSON, absent members left out. What is large of a request stands behind
/// its head, so that a listing reads the head alone: the head, a zero byte (which no JSON holds), then text, HTML and variables as JSON
/// and each attachment's bytes, every part with its length before it (4 bytes, big-endian).
/// </summary>
public static class PayloadCodec
{
    /// <summary>Bytes up to which a request without attachments is one JSON text.</summary>
    public const int LargestWhole = 8 * 1024;

    /// <summary>Ends the head.</summary>
    private const byte HeadEnd = 0;

    private static readonly JsonElement NoVariables = JsonSerializer.Deserialize("{}", PayloadJson.Default.JsonElement);

    public static byte[] Encode(DeliveryRequest request)
    {
        if (request.Attachments.Count > 0)
        {
            return EncodeApart(request);
        }

        var whole = JsonSerializer.SerializeToUtf8Bytes(request, PayloadJson.Default.DeliveryRequest);
        return whole.Length <= LargestWhole ? whole : EncodeApart(request);
    }

    public static byte[] Encode(RenderedContent rendered) => JsonSerializer.SerializeToUtf8Bytes(rendered, PayloadJson.Default.RenderedContent);

    /// <summary>A head alone gives the request without its text, HTML, variables and attached bytes.</summary>
    /// <exception cref="JsonException">The stored bytes are not a request.</exception>
    public static DeliveryRequest DecodeRequest(ReadOnlySpan<byte> payload)
    {
        var end = payload.IndexOf(HeadEnd);
        var head = JsonSerializer.Deserialize(end < 0 ? payload : payload[..end], PayloadJson.Default.DeliveryRequest)
            ?? throw new JsonException("The stored payload is null.");
        return end < 0 ? head : WithBulk(head, payload[(end + 1)..]);
    }

    /// <exception cref="JsonException">The stored bytes are not rendered content.</exception>
    public static RenderedContent DecodeRendered(ReadOnlySpan<byte> rendered) =>
        JsonSerializer.Deserialize(rendered, PayloadJson.Default.RenderedContent) ?? throw new JsonException("The stored rendered content is null.");

    private static byte[] EncodeApart(DeliveryRequest request)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(
            request with
            {
                Text = null,
                Html = null,
                Template = request.Template is { } template ? template with { Variables = NoVariables } : null,
                Attachments = [.. request.Attachments.Select(file => file with { Content = default })],
            },
            PayloadJson.Default.DeliveryRequest);
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new PayloadBody(request.Text, request.Html, request.Template?.Variables), PayloadJson.Default.PayloadBody);

        var size = head.Length + 1 + sizeof(int) + body.Length;
        foreach (var file in request.Attachments)
        {
            size = checked(size + sizeof(int) + file.Content.Length);
        }

        var payload = new byte[size];
        head.CopyTo(payload, 0);
        var rest = payload.AsSpan(head.Length + 1);
        rest = Put(rest, body);
        foreach (var file in request.Attachments)
        {
            rest = Put(rest, file.Content.Span);
        }

        return payload;
    }

    private static DeliveryRequest WithBulk(DeliveryRequest head, ReadOnlySpan<byte> rest)
    {
        var body = JsonSerializer.Deserialize(Take(ref rest), PayloadJson.Default.PayloadBody) ?? throw new JsonException("The stored body is null.");
        var files = new MailAttachment[head.Attachments.Count];
        for (var index = 0; index < files.Length; index++)
        {
            files[index] = head.Attachments[index] with { Content = Take(ref rest).ToArray() };
        }

        return rest.IsEmpty
            ? head with
            {
                Text = body.Text,
                Html = body.Html,
                Template = head.Template is { } template ? template with { Variables = body.Variables ?? NoVariables } : null,
                Attachments = files,
            }
            : throw new JsonException("The stored payload goes on behind its end.");
    }

    private static Span<byte> Put(Span<byte> to, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteInt32BigEndian(to, part.Length);
        part.CopyTo(to[sizeof(int)..]);
        return to[(sizeof(int) + part.Length)..];
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest)
    {
        if (rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32BigEndian(rest) is var length && (length < 0 || length > rest.Length - sizeof(int)))
        {
            throw new JsonException("The stored payload ends too early.");
        }

        var part = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return part;
    }
}

/// <summary>What is large of a request beside its attachments.</summary>
internal sealed record PayloadBody(string? Text, string? Html, JsonElement? Variables);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeliveryRequest))]
[JsonSerializable(typeof(RenderedContent))]
[JsonSerializable(typeof(PayloadBody))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class PayloadJson : JsonSerializerContext;
