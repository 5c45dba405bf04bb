using System.Text.Json;
using System.Text.RegularExpressions;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Tests.Fakes;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Tests;

/// <summary>The document says what the listener does, and the listener does what the document says.</summary>
public sealed partial class OpenApiTests : IAsyncLifetime
{
    private Edge _edge = null!;
    private JsonElement _document;

    public async Task InitializeAsync()
    {
        _edge = await Edge.StartAsync(captured: new FakeCapturedMails());
        _document = (await _edge.GetAsync("/openapi.json", key: null)).Json;
    }

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public void Every_route_is_in_the_document_and_every_path_of_the_document_is_a_route()
    {
        var routes = _edge.PublicRoutes
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {route.RoutePattern.RawText}"))
            .Where(route => !route.StartsWith("HEAD ", StringComparison.Ordinal));
        var documented = _document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        documented.ShouldBe(routes, ignoreOrder: true);
    }

    [Fact]
    public void It_is_openapi_3_1_and_every_reference_leads_somewhere()
    {
        _document.GetProperty("openapi").GetString().ShouldStartWith("3.1");
        var references = Reference().Matches(_document.GetRawText()).Select(match => match.Groups[1].Value).Distinct().ToArray();
        references.ShouldNotBeEmpty();
        foreach (var reference in references)
        {
            reference[2..].Split('/').Aggregate(_document, (at, name) => at.GetProperty(name)).ValueKind.ShouldBe(JsonValueKind.Object, reference);
        }
    }

    [Fact]
    public void Operation_ids_are_given_once()
    {
        var ids = Operations().Select(operation => operation.GetProperty("operationId").GetString()).ToArray();
        ids.Distinct().Count().ShouldBe(ids.Length);
    }

    [Fact]
    public async Task Every_example_of_a_request_is_accepted()
    {
        var tried = 0;
        foreach (var path in _document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(operation => operation.Value.TryGetProperty("requestBody", out _)))
            {
                var examples = operation.Value.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("examples");
                foreach (var example in examples.EnumerateObject())
                {
                    var id = await _edge.AcceptAsync(Mails.Simple.Replace("}", ",\"scheduled_at\":\"in 1 hour\"}", StringComparison.Ordinal));
                    var answer = await _edge.SendAsync(
                        new HttpMethod(operation.Name), path.Name.Replace("{id}", id, StringComparison.Ordinal), example.Value.GetProperty("value").GetRawText());
                    answer.Status.ShouldBeOneOf([200, 202], $"{path.Name} {example.Name}: {answer.Text}");
                    tried++;
                }
            }
        }

        tried.ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public void The_schema_names_exactly_the_fields_that_the_parser_knows()
    {
        var parser = new EmailParser(new FakeTemplates(), new EmailLimits(1000), TimeProvider.System);
        foreach (var property in _document.GetProperty("components").GetProperty("schemas").GetProperty("SendEmail").GetProperty("properties").EnumerateObject())
        {
            var refused = Should.Throw<ProblemException>(() => parser.One(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, int> { [property.Name] = 1 })));
            refused.Problem.Faults.ShouldNotContain(fault => fault.Message == "is not a known field", property.Name);
        }
    }

    [Fact]
    public void The_statuses_are_those_of_the_core()
    {
        var schemas = _document.GetProperty("components").GetProperty("schemas");
        schemas.GetProperty("Status").GetProperty("enum").EnumerateArray().Select(status => status.GetString())
            .ShouldBe(Enum.GetValues<DeliveryStatus>().Where(status => status != DeliveryStatus.Absent).Select(status => status.Name()), ignoreOrder: true);
        schemas.GetProperty("Email").GetProperty("properties").GetProperty("last_event").GetProperty("enum").EnumerateArray().Select(word => word.GetString())
            .ShouldBe(
                Enum.GetValues<DeliveryStatus>().Where(status => status != DeliveryStatus.Absent)
                    .SelectMany(status => new[] { 0, 2 }.Select(attempts => LastEvent.Of(new DeliveryState { Status = status, LastAttemptNo = attempts }))).Distinct(),
                ignoreOrder: true);
    }

    [Fact]
    public async Task A_read_email_has_exactly_the_members_of_its_schema()
    {
        var example = _document.GetProperty("paths").GetProperty("/api/v1/emails/{id}").GetProperty("get").GetProperty("responses").GetProperty("200")
            .GetProperty("content").GetProperty("application/json").GetProperty("example");
        var schema = _document.GetProperty("components").GetProperty("schemas").GetProperty("Email").GetProperty("properties");
        var email = (await _edge.GetAsync("/api/v1/emails/" + await _edge.AcceptAsync())).Json;

        Names(email).ShouldBe(Names(schema), ignoreOrder: true);
        Names(email).ShouldBe(Names(example), ignoreOrder: true);
    }

    [Fact]
    public void Examples_of_problems_are_problems_of_ours()
    {
        var responses = _document.GetProperty("components").GetProperty("responses").EnumerateObject().ToArray();
        responses.Length.ShouldBeGreaterThan(8);
        foreach (var response in responses)
        {
            var example = response.Value.GetProperty("content").GetProperty("application/problem+json").GetProperty("example");
            var kind = ProblemKinds.All.Single(kind => kind.Code == example.GetProperty("code").GetString());
            response.Name.ShouldBe("Problem" + kind.Status);
            example.GetProperty("title").GetString().ShouldBe(kind.Title);
            example.GetProperty("type").GetString().ShouldBe(kind.Type);
            example.GetProperty("name").GetString().ShouldBe(kind.Name);
        }
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere_and_has_an_anchor_for_every_error()
    {
        var answer = await _edge.GetAsync("/docs", key: null);

        answer.Status.ShouldBe(200);
        answer.Type!.MediaType.ShouldBe("text/html");
        answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldStartWith("default-src 'none'");
        answer.Text.ShouldNotContain("<script");
        ExternalAsset().IsMatch(answer.Text).ShouldBeFalse();
        foreach (var kind in ProblemKinds.All)
        {
            answer.Text.ShouldContain($"id=\"error-{kind.Code}\"");
        }

        foreach (var operation in Operations())
        {
            answer.Text.ShouldContain($"id=\"{operation.GetProperty("operationId").GetString()}\"");
        }
    }

    private IEnumerable<JsonElement> Operations() =>
        _document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => operation.Value));

    private static string[] Names(JsonElement element) => [.. element.EnumerateObject().Select(member => member.Name)];

    [GeneratedRegex("\"\\$ref\":\\s*\"([^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("(src|href)=\"(https?:)?//", RegexOptions.IgnoreCase)]
    private static partial Regex ExternalAsset();
}
