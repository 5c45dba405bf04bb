using Mailroom.Api.Auth;

namespace Mailroom.Api.Tests.Internal;

public sealed class KeyTests : IAsyncLifetime
{
    private const string Keys = "orgs/org_other/keys";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync(options => options with { KeyCacheTime = TimeSpan.Zero });

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public async Task A_key_is_shown_once_works_at_once_and_stops_when_it_is_revoked()
    {
        var made = await _edge.InsideAsync("POST", Keys, """{"name":"Web shop"}""");
        made.Status.ShouldBe(201, made.Text);
        made.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var (id, key) = (made.Json.GetProperty("id").GetString()!, made.Json.GetProperty("key").GetString()!);
        key.ShouldStartWith(NewApiKey.LivePrefix);
        (await _edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, key)).Status.ShouldBe(202);
        _edge.Mailroom.Asked.Last().Org.Value.ShouldBe("org_other");

        var listed = await _edge.InsideAsync("GET", Keys);
        listed.Text.ShouldNotContain(key);
        var shown = listed.Json.GetProperty("data").EnumerateArray().Single(one => one.GetProperty("id").GetString() == id);
        shown.EnumerateObject().Select(member => member.Name).ShouldBe(["id", "org_id", "name", "prefix", "created_at", "last_used_at", "revoked_at"]);
        shown.GetProperty("name").GetString().ShouldBe("Web shop");
        key.ShouldStartWith(shown.GetProperty("prefix").GetString()!);

        (await _edge.InsideAsync("DELETE", $"orgs/org_default/keys/{id}")).ShouldBeError(404, "not_found");
        (await _edge.SendAsync(HttpMethod.Get, "/api/v1/emails", key: key)).Status.ShouldBe(200);
        (await _edge.InsideAsync("DELETE", $"{Keys}/{id}")).Status.ShouldBe(204);
        (await _edge.InsideAsync("DELETE", $"{Keys}/{id}")).Status.ShouldBe(204);
        (await _edge.SendAsync(HttpMethod.Get, "/api/v1/emails", key: key)).ShouldBeProblem(403, "invalid_api_key");
    }

    [Fact]
    public async Task Where_nothing_is_really_sent_keys_say_so()
    {
        await using var edge = await Edge.StartAsync(inside: options => options with { KeyPrefix = NewApiKey.TestPrefix });
        (await edge.InsideAsync("POST", Keys, """{"name":"k"}""")).Json.GetProperty("key").GetString().ShouldStartWith("mr_test_");
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"k","key":"mr_live_mine"}""", "key")]
    public async Task A_wrong_body_is_400(string body, string field) => (await _edge.InsideAsync("POST", Keys, body)).ShouldBeError(400, "invalid_request", field);

    [Fact]
    public async Task An_orgs_keys_are_bounded_and_revoked_ones_do_not_count()
    {
        string id = "";
        for (var i = (await _edge.InsideAsync("GET", Keys)).Json.GetProperty("data").GetArrayLength(); i < 100; i++)
        {
            id = (await _edge.InsideAsync("POST", Keys, """{"name":"k"}""")).Json.GetProperty("id").GetString()!;
        }

        (await _edge.InsideAsync("POST", Keys, """{"name":"k"}""")).ShouldBeError(409, "too_many_keys");
        (await _edge.InsideAsync("DELETE", $"{Keys}/{id}")).Status.ShouldBe(204);
        (await _edge.InsideAsync("POST", Keys, """{"name":"k"}""")).Status.ShouldBe(201);
    }
}
