using System.Net;
using System.Text.Json;

namespace Mailroom.Integration.Tests.Service.Under;

internal static class Answer
{
    /// <summary>The JSON of an answer that has to have that status.</summary>
    public static async Task<JsonElement> Of(HttpResponseMessage response, HttpStatusCode status)
    {
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, body);
        using var json = JsonDocument.Parse(body);
        return json.RootElement.Clone();
    }
}
