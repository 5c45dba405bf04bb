namespace Mailroom.Api.Tests.Internal;

public sealed class RenderTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Theory]
    [InlineData("en", "false")]
    [InlineData("fr-FR", "true")]
    [Trait("Requirement", "D37")]
    public async Task A_template_is_rendered_and_nothing_is_sent(string locale, string fallback)
    {
        var answer = await _edge.InsideAsync("POST", "templates/welcome/render", $$"""{"variables":{"name":"Jane"},"locale":"{{locale}}"}""");

        (answer.Status, answer.Text).ShouldBe(
            (200, $$"""{"subject":"Welcome","text":"Hello Jane","html":null,"locale":"en","locale_fallback_used":{{fallback}}}"""));
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("nothing", "unknown_template")]
    [InlineData("welcome", "unknown_variable")]
    [Trait("Requirement", "D37")]
    public async Task Why_it_cannot_be_rendered_is_told_by_the_catalogs_code(string id, string code) =>
        (await _edge.InsideAsync("POST", $"templates/{id}/render", "{}")).ShouldBeError(422, code);

    [Theory]
    [InlineData("""{"variables":[]}""", "variables")]
    [InlineData("""{"variables":{"a":1,"a":2}}""", "variables")]
    [InlineData("""{"locale":"../x"}""", "locale")]
    [InlineData("""{"vars":{}}""", "vars")]
    public async Task A_wrong_body_is_400(string body, string field) =>
        (await _edge.InsideAsync("POST", "templates/welcome/render", body)).ShouldBeError(400, "invalid_request", field);
}
