using System.Text.Json;
using System.Text.RegularExpressions;
using Mailroom.Actors.Deliveries;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Tests.Internal;

/// <summary>The internal document says what the internal listener does, and the other way round.</summary>
public sealed partial class InternalOpenApiTests : IAsyncLifetime
{
    private Edge _edge = null!;
    private JsonElement _document;

    public async Task InitializeAsync()
    {
        _edge = await Edge.StartAsync();
        _document = (await _edge.InsideAsync("GET", "openapi.json")).Json;
    }

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    [Trait("Requirement", "D03")]
    public void Every_route_is_in_the_document_under_one_root_and_every_path_is_a_route()
    {
        var routes = _edge.InternalRoutes
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {route.RoutePattern.RawText}")).ToArray();
        var documented = _document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        documented.ShouldBe(routes, ignoreOrder: true);
        routes.ShouldAllBe(route => route.Contains(" /api/v1/internal/", StringComparison.Ordinal));
    }

    [Fact]
    public void It_is_openapi_3_1_its_references_lead_somewhere_and_its_operations_have_ids_of_their_own()
    {
        _document.GetProperty("openapi").GetString().ShouldStartWith("3.1");
        foreach (var reference in Reference().Matches(_document.GetRawText()).Select(match => match.Groups[1].Value).Distinct())
        {
            reference[2..].Split('/').Aggregate(_document, (at, name) => at.GetProperty(name)).ValueKind.ShouldBe(JsonValueKind.Object, reference);
        }

        var ids = Operations().Select(operation => operation.Operation.GetProperty("operationId").GetString()).ToArray();
        ids.Distinct().Count().ShouldBe(ids.Length);
    }

    [Fact]
    public async Task Every_example_of_a_request_is_accepted_as_documented()
    {
        var tried = 0;
        foreach (var (path, method, operation) in Operations().Where(operation => operation.Operation.TryGetProperty("requestBody", out _)))
        {
            foreach (var example in operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("examples").EnumerateObject())
            {
                var body = example.Value.GetProperty("value").GetRawText();
                var answer = await _edge.InsideAsync(method, await FilledAsync(path), body, path.EndsWith("login-code-deliveries", StringComparison.Ordinal) ? "k" + tried : null);
                operation.GetProperty("responses").TryGetProperty(answer.Status.ToString(null, null), out _).ShouldBeTrue($"{method} {path}: {answer.Text}");
                answer.Status.ShouldBeOneOf([200, 201], $"{method} {path} {example.Name}: {answer.Text}");
                tried++;
            }
        }

        tried.ShouldBeGreaterThan(14);
    }

    [Fact]
    public async Task Every_answer_has_exactly_the_members_of_its_schema()
    {
        foreach (var (path, method, operation) in Operations().Where(operation => operation.Method == "GET"))
        {
            var answer = await _edge.InsideAsync("GET", await FilledAsync(path));
            answer.Status.ShouldBe(200, path);
            var schema = operation.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
            if (schema.TryGetProperty("$ref", out _))
            {
                Compare(answer.Json, schema, $"{method} {path}");
            }
        }
    }

    [Fact]
    public void The_statuses_are_those_of_the_core() =>
        _document.GetProperty("components").GetProperty("schemas").GetProperty("Status").GetProperty("enum").EnumerateArray().Select(status => status.GetString())
            .ShouldBe(Enum.GetValues<DeliveryStatus>().Where(status => status != DeliveryStatus.Absent).Select(status => status.Name()), ignoreOrder: true);

    private void Compare(JsonElement value, JsonElement schema, string where)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            schema = reference.GetString()![2..].Split('/').Aggregate(_document, (at, name) => at.GetProperty(name));
        }

        if (value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("properties", out var properties))
        {
            value.EnumerateObject().Select(member => member.Name).ShouldBe(properties.EnumerateObject().Select(member => member.Name), ignoreOrder: true, where);
            foreach (var member in value.EnumerateObject())
            {
                Compare(member.Value, properties.GetProperty(member.Name), where + "." + member.Name);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray())
            {
                Compare(item, schema.GetProperty("items"), where + "[]");
            }
        }
    }

    /// <summary>The path with an id in it that exists and is in the state that the operation is for.</summary>
    private async Task<string> FilledAsync(string path)
    {
        path = path["/api/v1/internal/".Length..];
        if (path.StartsWith("deliveries", StringComparison.Ordinal))
        {
            var id = await _edge.AcceptAsync();
            var status = path.EndsWith("resend", StringComparison.Ordinal) ? DeliveryStatus.DeadLetter : path.EndsWith("settle", StringComparison.Ordinal) ? DeliveryStatus.Uncertain : DeliveryStatus.Queued;
            _edge.Mailroom.Replace(id, state => state with { Status = status });
            _edge.Mailroom.AddAttempt(id, new(1, AttemptStatus.TransportFailed, true, default, default(Actors.Kernel.Instant), "r", 451, "4.0.0", "s", "h", null, null));
            return path.Replace("{id}", id, StringComparison.Ordinal);
        }

        return path.StartsWith("orgs", StringComparison.Ordinal)
            ? path.Replace("{id}", "org_other", StringComparison.Ordinal)
            : path.Replace("{id}", "welcome", StringComparison.Ordinal);
    }

    private IEnumerable<(string Path, string Method, JsonElement Operation)> Operations() => _document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(operation => (path.Name, operation.Name.ToUpperInvariant(), operation.Value)));

    [GeneratedRegex("\"\\$ref\":\\s*\"([^\"]+)\"")]
    private static partial Regex Reference();
}
