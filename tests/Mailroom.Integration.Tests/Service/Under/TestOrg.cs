using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>An org of a running service, and a caller that has its key.</summary>
internal sealed class TestOrg(RunningMailroom service, string id, string key) : IDisposable
{
    private readonly HttpClient http = new()
    {
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    public string Id => id;

    public string Key => key;

    /// <summary>Where all its mail comes from, so that the next hop can tell whose it is.</summary>
    public string Sender => id + "@example.com";

    /// <summary>Posts a mail that has to be accepted, and gives its id.</summary>
    public async Task<string> Accept(string recipient)
    {
        var mail = new { from = Sender, to = recipient, subject = "Your order", text = "Hello,\n\nyour order is on its way.\n" };
        using var response = await http.PostAsJsonAsync(new Uri(service.Public, "/api/v1/emails"), mail);
        return (await Answer.Of(response, HttpStatusCode.Accepted)).GetProperty("id").GetString()!;
    }

    /// <summary>Changes its limit by itself.</summary>
    public async Task SetRps(int rps)
    {
        using var response = await http.PatchAsJsonAsync(new Uri(service.Public, "/api/v1/settings"), new { resend_rps = rps });
        (await Answer.Of(response, HttpStatusCode.OK)).GetProperty("resend_rps").GetInt32().ShouldBe(rps);
    }

    public void Dispose() => http.Dispose();
}
