using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Tests.Emails;

public sealed class IdempotencyTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public async Task The_same_key_and_content_give_the_same_answer_and_say_so()
    {
        var first = await _edge.PostAsync(Mails.Simple, idempotencyKey: "welcome/1");
        var again = await _edge.PostAsync(Mails.Simple, idempotencyKey: "welcome/1");

        first.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
        again.Status.ShouldBe(first.Status);
        again.Text.ShouldBe(first.Text);
        again.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task Quoted_and_bare_are_one_key()
    {
        var first = await _edge.PostAsync(Mails.Simple, idempotencyKey: "k1");
        var again = await _edge.PostAsync(Mails.Simple, idempotencyKey: "\"k1\"");

        again.Text.ShouldBe(first.Text);
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task Other_content_under_a_used_key_is_422()
    {
        await _edge.PostAsync(Mails.Simple, idempotencyKey: "k1");
        var answer = await _edge.PostAsync(Mails.Simple.Replace("Hello", "Bye", StringComparison.Ordinal), idempotencyKey: "k1");

        answer.ShouldBeProblem(422, "invalid_idempotent_request");
        answer.Json.GetProperty("name").GetString().ShouldBe("invalid_idempotent_request");
        _edge.Mailroom.Stored.ShouldBe(1);
    }

    [Fact]
    public async Task A_first_request_that_is_under_way_is_409()
    {
        _edge.Mailroom.Instead = _ => new Refused("in_flight", "The first request is not answered yet.");

        var answer = await _edge.PostAsync(Mails.Simple, idempotencyKey: "k1");

        answer.ShouldBeProblem(409, "concurrent_idempotent_requests");
    }

    [Fact]
    public async Task Two_orgs_do_not_share_keys()
    {
        await _edge.PostAsync(Mails.Simple, idempotencyKey: "k1");
        var other = await _edge.SendAsync(HttpMethod.Post, "/api/v1/emails", Mails.Simple, Edge.OtherKey, "k1");

        other.Status.ShouldBe(202);
        other.Headers.Contains("Idempotency-Replayed").ShouldBeFalse();
        _edge.Mailroom.Stored.ShouldBe(2);
    }

    [Fact]
    public async Task A_wait_is_the_same_content_when_it_is_repeated()
    {
        var body = Mails.Simple.Replace("}", ",\"scheduled_at\":\"in 1 hour\"}", StringComparison.Ordinal);
        var first = await _edge.PostAsync(body, idempotencyKey: "k1");
        var again = await _edge.PostAsync(body, idempotencyKey: "k1");

        again.Text.ShouldBe(first.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("257")]
    [InlineData("tab\tinside")]
    public async Task A_key_that_cannot_be_used_is_400(string key)
    {
        var answer = await _edge.PostAsync(Mails.Simple, idempotencyKey: key == "257" ? new string('k', 257) : key);

        answer.ShouldBeProblem(400, "invalid_idempotency_key");
        _edge.Mailroom.Stored.ShouldBe(0);
    }

    [Fact]
    public async Task A_key_of_256_characters_is_taken()
    {
        (await _edge.PostAsync(Mails.Simple, idempotencyKey: new string('k', 256))).Status.ShouldBe(202);
        _edge.Mailroom.Asked.ShouldHaveSingleItem().IdempotencyKey!.Length.ShouldBe(256);
    }
}
