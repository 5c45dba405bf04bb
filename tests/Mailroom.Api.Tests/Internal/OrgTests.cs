using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Api.Tests.Internal;

public sealed class OrgTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public async Task An_org_is_made_with_the_usual_rate_and_read_back()
    {
        var made = await _edge.InsideAsync("POST", "orgs", """{"name":"  Acme  "}""");
        made.Status.ShouldBe(201, made.Text);
        var id = made.Json.GetProperty("id").GetString()!;
        id.ShouldStartWith("org_");
        made.Json.GetProperty("name").GetString().ShouldBe("Acme");
        made.Json.GetProperty("rps").GetInt32().ShouldBe(2);
        made.Json.GetProperty("on_uncertain").ValueKind.ShouldBe(JsonValueKind.Null);
        made.Json.GetProperty("outbound").GetProperty("paused").GetBoolean().ShouldBeFalse();

        (await _edge.InsideAsync("GET", "orgs/" + id)).Text.ShouldBe(made.Text);
    }

    [Fact]
    public async Task An_id_is_given_once_and_never_the_one_that_stands_for_all()
    {
        (await _edge.InsideAsync("POST", "orgs", """{"id":"org_acme","name":"Acme","rps":10,"on_uncertain":"hold"}""")).Status.ShouldBe(201);
        (await _edge.InsideAsync("POST", "orgs", """{"id":"org_acme","name":"Acme"}""")).ShouldBeError(409, "org_exists");
        (await _edge.InsideAsync("POST", "orgs", """{"id":"org_all","name":"All"}""")).ShouldBeError(400, "invalid_request", "id");
        (await _edge.InsideAsync("GET", "orgs/org_all")).ShouldBeError(404, "not_found");
        (await _edge.InsideAsync("PATCH", "orgs/org_all", """{"rps":1}""")).ShouldBeError(404, "not_found");
        (await _edge.InsideAsync("POST", "orgs/org_all/outbound/pause", """{"reason":"r"}""")).ShouldBeError(404, "not_found");
    }

    [Fact]
    public async Task Orgs_are_listed_by_id_in_pages()
    {
        var seen = new List<string?>();
        var cursor = "";
        do
        {
            var page = (await _edge.InsideAsync("GET", "orgs?limit=1" + cursor)).Json;
            seen.Add(page.GetProperty("data").EnumerateArray().ShouldHaveSingleItem().GetProperty("id").GetString());
            cursor = page.GetProperty("has_more").GetBoolean() ? "&cursor=" + page.GetProperty("next_cursor").GetString() : "";
        }
        while (cursor.Length > 0);

        seen.ShouldBe(["org_default", "org_other"]);
        (await _edge.InsideAsync("GET", "orgs?cursor=!")).ShouldBeError(400, "invalid_request", "cursor");
    }

    [Theory]
    [InlineData("""{"rps":1}""", "Other", 1, null)]
    [InlineData("""{"rps":100}""", "Other", 100, null)]
    [InlineData("""{"name":"New"}""", "New", 2, null)]
    [InlineData("""{"on_uncertain":"hold"}""", "Other", 2, "hold")]
    [InlineData("""{"on_uncertain":null}""", "Other", 2, null)]
    [InlineData("{}", "Other", 2, null)]
    [Trait("Requirement", "A37")]
    public async Task What_is_named_is_changed_and_the_rest_stays(string body, string name, int rps, string? policy)
    {
        var answer = await _edge.InsideAsync("PATCH", "orgs/org_other", body);
        answer.Status.ShouldBe(200, answer.Text);
        answer.Json.GetProperty("name").GetString().ShouldBe(name);
        answer.Json.GetProperty("rps").GetInt32().ShouldBe(rps);
        answer.Json.GetProperty("on_uncertain").GetString().ShouldBe(policy);
        _edge.Orgs["org_other"].Rps.ShouldBe(rps);
    }

    [Theory]
    [InlineData("PATCH", "orgs/org_other", """{"rps":0}""", "rps")]
    [InlineData("PATCH", "orgs/org_other", """{"rps":101}""", "rps")]
    [InlineData("PATCH", "orgs/org_other", """{"rps":1.5}""", "rps")]
    [InlineData("PATCH", "orgs/org_other", """{"rps":"2"}""", "rps")]
    [InlineData("PATCH", "orgs/org_other", """{"rps":null}""", "rps")]
    [InlineData("PATCH", "orgs/org_other", """{"name":null}""", "name")]
    [InlineData("PATCH", "orgs/org_other", """{"name":"  "}""", "name")]
    [InlineData("PATCH", "orgs/org_other", """{"on_uncertain":"maybe"}""", "on_uncertain")]
    [InlineData("PATCH", "orgs/org_other", """{"id":"org_x"}""", "id")]
    [InlineData("POST", "orgs", "{}", "name")]
    [InlineData("POST", "orgs", """{"name":"a","id":"a b"}""", "id")]
    [InlineData("POST", "orgs", """{"name":"a","rps":null}""", "rps")]
    [InlineData("POST", "orgs", """{"name":"a","rps":0}""", "rps")]
    [Trait("Requirement", "A37")]
    public async Task What_is_out_of_range_is_400_names_the_field_and_changes_nothing(string method, string path, string body, string field)
    {
        (await _edge.InsideAsync(method, path, body)).ShouldBeError(400, "invalid_request", field);
        _edge.Orgs.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_is_bounded() => (await _edge.InsideAsync("POST", "orgs", $$"""{"name":"{{new string('n', 201)}}"}""")).ShouldBeError(400, "invalid_request", "name");

    [Fact]
    public async Task Only_the_default_org_can_be_without_a_limit()
    {
        _edge.Orgs["org_default"] = _edge.Orgs["org_default"] with { Rps = 5 };
        var answer = await _edge.InsideAsync("PATCH", "orgs/org_default", """{"rps":null}""");
        answer.Json.GetProperty("rps").ValueKind.ShouldBe(JsonValueKind.Null);
        _edge.Orgs["org_default"].Rps.ShouldBeNull();
    }

    [Theory]
    [InlineData("GET", "orgs/org_none", null)]
    [InlineData("PATCH", "orgs/org_none", "{}")]
    [InlineData("POST", "orgs/org_none/outbound/pause", """{"reason":"r"}""")]
    [InlineData("POST", "orgs/org_none/outbound/resume", null)]
    [InlineData("GET", "orgs/org_none/keys", null)]
    [InlineData("POST", "orgs/org_none/keys", """{"name":"k"}""")]
    [InlineData("DELETE", "orgs/org_none/keys/key_0", null)]
    public async Task An_org_that_does_not_exist_is_404(string method, string path, string? body) =>
        (await _edge.InsideAsync(method, path, body)).ShouldBeError(404, "not_found");

    [Theory]
    [InlineData("outbound", "org_all")]
    [InlineData("orgs/org_other/outbound", "org_other")]
    [Trait("Requirement", "B34")]
    public async Task Outbound_mail_is_paused_and_resumed_and_intake_goes_on(string path, string org)
    {
        var paused = await _edge.InsideAsync("POST", path + "/pause", """{"reason":"The relay is being moved.","by":"jane"}""");
        paused.Status.ShouldBe(200, paused.Text);
        paused.Json.GetProperty("paused").GetBoolean().ShouldBeTrue();
        paused.Json.GetProperty("reason").GetString().ShouldBe("The relay is being moved.");
        paused.Json.GetProperty("by").GetString().ShouldBe("jane");
        paused.Json.GetProperty("since").GetString().ShouldNotBeNull();
        (_edge.Orgs[org].Pause is { By: "jane", Reason: "The relay is being moved." }).ShouldBeTrue();
        var shown = org == "org_all" ? (await _edge.InsideAsync("GET", "outbound")).Json : (await _edge.InsideAsync("GET", "orgs/" + org)).Json.GetProperty("outbound");
        shown.GetRawText().ShouldBe(paused.Text);
        await _edge.AcceptAsync();

        var resumed = await _edge.InsideAsync("POST", path + "/resume");
        (resumed.Status, resumed.Text).ShouldBe((200, """{"paused":false,"by":null,"reason":null,"since":null}"""));
        _edge.Orgs.Asked.Last().ShouldBe(new ResumeOutbound("operator"));
        _edge.Log.All.Select(line => line.Text).Where(line => line.StartsWith("outbound", StringComparison.Ordinal))
            .ShouldBe([$"outbound mail is paused org={org}", $"outbound mail goes on org={org}"]);
    }

    [Theory]
    [InlineData("{}", "reason")]
    [InlineData("""{"reason":" "}""", "reason")]
    [InlineData("""{"reason":"a\nb"}""", "reason")]
    [InlineData("""{"reason":"r","by":7}""", "by")]
    [InlineData("""{"reason":"r","until":"tomorrow"}""", "until")]
    public async Task A_pause_needs_a_reason(string body, string field)
    {
        (await _edge.InsideAsync("POST", "outbound/pause", body)).ShouldBeError(400, "invalid_request", field);
        _edge.Orgs["org_all"].Pause.ShouldBeNull();
    }

    [Fact]
    public async Task What_the_orgs_actor_did_not_do_is_told()
    {
        _edge.Mailroom.AskInstead = NotDone.Busy;
        (await _edge.InsideAsync("POST", "outbound/pause", """{"reason":"r"}""")).ShouldBeError(503, "busy");
        _edge.Mailroom.AskInstead = NotDone.Late;
        (await _edge.InsideAsync("POST", "outbound/pause", """{"reason":"r"}""")).ShouldBeError(504, "outcome_unknown");
        _edge.Mailroom.AskInstead = new Refused("invalid_rps", "rps must be 1 to 100.");
        (await _edge.InsideAsync("PATCH", "orgs/org_other", """{"rps":3}""")).ShouldBeError(400, "invalid_request");
        _edge.Mailroom.AskInstead = new Refused("something_new", "No.");
        (await _edge.InsideAsync("PATCH", "orgs/org_other", """{"rps":3}""")).ShouldBeError(409, "conflict");
    }

    [Theory]
    [InlineData(null, null, UncertainPolicy.Retry)]
    [InlineData(UncertainPolicy.Hold, null, UncertainPolicy.Hold)]
    [InlineData(UncertainPolicy.Hold, "fail", UncertainPolicy.Fail)]
    public async Task Mail_takes_its_orgs_policy_where_it_names_none(UncertainPolicy? org, string? mail, UncertainPolicy expected)
    {
        _edge.Orgs["org_default"] = _edge.Orgs["org_default"] with { OnUncertain = org };
        await _edge.AcceptAsync(mail is null ? Mails.Simple : Mails.Simple.Replace("}", $",\"on_uncertain\":\"{mail}\"}}", StringComparison.Ordinal));
        _edge.Mailroom.States().Single().OnUncertain.ShouldBe(expected);
    }
}
