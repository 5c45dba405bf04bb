using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>Whoever asks the internal listener of a running service. Follows it to its ports after a restart.</summary>
internal sealed class Operator(RunningMailroom service) : IDisposable
{
    private const string Root = "/api/v1/internal/";

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Makes an org with a key.</summary>
    /// <param name="rps">Null: the limit of an org that names none.</param>
    public async Task<TestOrg> MakeOrg(string id, int? rps = null)
    {
        var asked = new Dictionary<string, object> { ["id"] = id, ["name"] = id };
        if (rps is { } limit)
        {
            asked["rps"] = limit;
        }

        await Post("orgs", asked, HttpStatusCode.Created);
        var key = (await Post($"orgs/{id}/keys", new { name = "test" }, HttpStatusCode.Created)).GetProperty("key").GetString()!;
        return new TestOrg(service, id, key);
    }

    public Task Pause(string org) => Post($"orgs/{org}/outbound/pause", new { reason = "a test" });

    public Task Resume(string org) => Post($"orgs/{org}/outbound/resume", new { });

    public Task PauseAll() => Post("outbound/pause", new { reason = "a test" });

    public Task ResumeAll() => Post("outbound/resume", new { });

    /// <summary>Asks for a login code, as the service that logs people in does, and finds the delivery that it became.</summary>
    public async Task<string> SendLoginCode(string email, string challenge)
    {
        var answer = await Post("login-code-deliveries", new { email, code = "918273", locale = "en" }, idempotencyKey: challenge);
        answer.GetProperty("outcome").GetString().ShouldBe("sent");
        var found = await service.ReadInside($"{Root}deliveries?recipient={Uri.EscapeDataString(email)}");
        return found.GetProperty("data").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString()!;
    }

    /// <summary>Posts what has to be answered with that status, and gives the answer.</summary>
    public async Task<JsonElement> Post(string path, object body, HttpStatusCode status = HttpStatusCode.OK, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Internal, Root + path)) { Content = JsonContent.Create(body) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await http.SendAsync(request);
        return await Answer.Of(response, status);
    }

    /// <summary>Posts a command that has to be answered with 200, and gives the answer as it is written.</summary>
    public async Task<string> Ask(string path, object? body = null) => (await Post(path, body ?? new { })).ToString();

    public void Dispose() => http.Dispose();
}
