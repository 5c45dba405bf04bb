using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Http;

/// <summary>Writes whole answers: nothing is sent before all of it is known, so a failure never leaves half a body.</summary>
internal static class Reply
{
    public const string JsonType = "application/json";

    public static async Task JsonAsync<T>(HttpContext context, int status, T value, Action<Utf8JsonWriter, T> write, string contentType = JsonType)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            write(json, value);
        }

        await BytesAsync(context, status, contentType, body.WrittenMemory);
    }

    public static async Task BytesAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(body, context.RequestAborted);
        }
    }
}
