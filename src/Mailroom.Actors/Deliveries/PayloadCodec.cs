using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mailroom.Actors.Deliveries;

/// <summary>The stored form of a request and of rendered content: UTF-8 JSON, absent members left out.</summary>
public static class PayloadCodec
{
    public static byte[] Encode(DeliveryRequest request) => JsonSerializer.SerializeToUtf8Bytes(request, PayloadJson.Default.DeliveryRequest);

    public static byte[] Encode(RenderedContent rendered) => JsonSerializer.SerializeToUtf8Bytes(rendered, PayloadJson.Default.RenderedContent);

    /// <exception cref="JsonException">The stored bytes are not a request.</exception>
    public static DeliveryRequest DecodeRequest(ReadOnlySpan<byte> payload) =>
        JsonSerializer.Deserialize(payload, PayloadJson.Default.DeliveryRequest) ?? throw new JsonException("The stored payload is null.");

    /// <exception cref="JsonException">The stored bytes are not rendered content.</exception>
    public static RenderedContent DecodeRendered(ReadOnlySpan<byte> rendered) =>
        JsonSerializer.Deserialize(rendered, PayloadJson.Default.RenderedContent) ?? throw new JsonException("The stored rendered content is null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeliveryRequest))]
[JsonSerializable(typeof(RenderedContent))]
internal sealed partial class PayloadJson : JsonSerializerContext;
