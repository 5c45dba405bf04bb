using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests;

public sealed class SettingsTests : IAsyncLifetime
{
    private const string Path = "/api/v1/settings";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [Trait("Requirement", "A37")]
    public async Task A_key_changes_the_rate_of_its_own_org(int rps)
    {
        var answer = await _edge.SendAsync(HttpMethod.Patch, Path, $$"""{"resend_rps":{{rps}}}""", Edge.OtherKey);

        answer.Status.ShouldBe(200, answer.Text);
        answer.Text.ShouldBe($$"""{"object":"settings","org_id":"org_other","name":"Other","resend_rps":{{rps}},"on_uncertain":null}""");
        (_edge.Orgs["org_other"].Rps, _edge.Orgs["org_default"].Rps).ShouldBe((rps, null));
        (await _edge.GetAsync(Path, Edge.OtherKey)).Text.ShouldBe(answer.Text);
    }

    [Theory]
    [InlineData("""{"resend_rps":0}""", "resend_rps")]
    [InlineData("""{"resend_rps":101}""", "resend_rps")]
    [InlineData("""{"resend_rps":-1}""", "resend_rps")]
    [InlineData("""{"resend_rps":null}""", "resend_rps")]
    [InlineData("""{"resend_rps":"2"}""", "resend_rps")]
    [InlineData("""{"resend_rps":{"a":[1]}}""", "resend_rps")]
    [InlineData("""{"resend_rps":99999999999}""", "resend_rps")]
    [InlineData("{}", "resend_rps")]
    [InlineData("""{"resend_rps":2,"rps":2}""", "rps")]
    [Trait("Requirement", "A37")]
    public async Task Any_other_rate_is_400_and_names_the_field(string body, string field)
    {
        var answer = await _edge.SendAsync(HttpMethod.Patch, Path, body, Edge.OtherKey);
        answer.ShouldBeProblem(400, "invalid_setting");
        answer.Fields.ShouldBe([field]);
        _edge.Orgs["org_other"].Rps.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_is_needed()
    {
        (await _edge.GetAsync(Path, null)).ShouldBeProblem(401, "missing_api_key");
        (await _edge.SendAsync(HttpMethod.Patch, Path, """{"resend_rps":2}""", "mr_live_unknown-key")).ShouldBeProblem(403, "invalid_api_key");
        _edge.Orgs.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_not_done_is_told()
    {
        _edge.Mailroom.AskInstead = NotDone.Busy;
        (await _edge.SendAsync(HttpMethod.Patch, Path, """{"resend_rps":2}""")).ShouldBeProblem(503, "busy");
    }
}
