using System.Text.Json;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Tests.Emails;

public sealed class BatchTests : IAsyncLifetime
{
    private const string Path = "/api/v1/emails/batch";
    private const string Bad = """{"from":"a@example.com","to":"nonsense","subject":"s","text":"t"}""";

    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync(options => options with { BatchDeadline = TimeSpan.FromMilliseconds(300) });

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Each_mail_of_a_batch_gets_its_id_in_order(int count)
    {
        var answer = await _edge.PostAsync(Batch(count), Path);

        answer.Status.ShouldBe(202, answer.Text);
        var ids = Ids(answer);
        ids.Distinct().Count().ShouldBe(count);
        ids.Select(id => _edge.Mailroom.RequestOf(id).Subject).ShouldBe(Enumerable.Range(0, count).Select(i => $"mail {i}"));
        answer.Json.TryGetProperty("errors", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData(Mails.Simple)]
    public async Task A_batch_is_an_array_of_mails(string body)
    {
        (await _edge.PostAsync(body, Path)).ShouldBeProblem(422, "validation_error");
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[")]
    [InlineData("[{}")]
    [InlineData("[]]")]
    public async Task A_broken_batch_is_400(string body) => (await _edge.PostAsync(body, Path)).ShouldBeProblem(400, "invalid_json");

    [Fact]
    public async Task More_than_a_hundred_mails_are_refused()
    {
        (await _edge.PostAsync(Batch(101), Path)).ShouldBeProblem(422, "validation_error");
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_bad_mail_stops_the_batch_before_anything_is_stored()
    {
        var answer = await _edge.PostAsync($"[{Mails.Simple},{Bad},1,{Mails.Simple}]", Path);

        answer.ShouldBeProblem(422, "validation_error");
        answer.Fields.ShouldBe(["[1].to", "[2]"]);
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_permissive_batch_sends_its_valid_mails_and_names_the_others()
    {
        var answer = await PermissiveAsync($"[{Bad},{Mails.Simple},{Mails.Simple}]");

        answer.Status.ShouldBe(202, answer.Text);
        Ids(answer).Length.ShouldBe(2);
        Errors(answer).ShouldBe([(0, "validation_error")]);
        _edge.Mailroom.Stored.ShouldBe(2);
    }

    [Fact]
    public async Task A_permissive_batch_without_a_valid_mail_stores_nothing()
    {
        var answer = await PermissiveAsync($"[{Bad}]");

        Ids(answer).ShouldBeEmpty();
        Errors(answer).ShouldBe([(0, "validation_error")]);
        _edge.Mailroom.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mode_that_does_not_exist_is_refused()
    {
        var answer = await _edge.SendAsync(HttpMethod.Post, Path, Batch(1), change: request => request.Headers.Add("x-batch-validation", "lax"));
        answer.ShouldBeProblem(422, "validation_error");
    }

    [Fact]
    public async Task A_repeated_batch_gives_the_same_ids()
    {
        var first = await _edge.PostAsync(Batch(5), Path, "batch/1");
        var again = await _edge.PostAsync(Batch(5), Path, "batch/1");

        again.Text.ShouldBe(first.Text);
        again.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        _edge.Mailroom.Stored.ShouldBe(5);
        _edge.Mailroom.Asked.Take(5).Select(mail => mail.IdempotencyKey).ShouldBe(
            Enumerable.Range(0, 5).Select(i => $"batch/1#{i}"), ignoreOrder: true);
    }

    [Fact]
    public async Task Another_batch_under_a_used_key_stores_nothing()
    {
        await _edge.PostAsync(Batch(2), Path, "k");
        var answer = await _edge.PostAsync(Batch(3), Path, "k");

        answer.ShouldBeProblem(422, "invalid_idempotent_request");
        _edge.Mailroom.Stored.ShouldBe(2);
    }

    [Fact]
    public async Task A_key_of_full_length_serves_for_a_batch()
    {
        var key = new string('k', 256);
        var first = await _edge.PostAsync(Batch(2), Path, key);
        var again = await _edge.PostAsync(Batch(2), Path, key);

        again.Text.ShouldBe(first.Text);
        _edge.Mailroom.Asked.ShouldAllBe(mail => mail.IdempotencyKey!.Length <= 256);
    }

    [Fact]
    public async Task A_busy_intake_at_the_first_mail_is_503_with_nothing_stored()
    {
        _edge.Mailroom.Instead = _ => NotDone.Busy;
        var answer = await _edge.PostAsync(Batch(3), Path);

        answer.ShouldBeProblem(503, "busy");
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        _edge.Mailroom.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_busy_intake_is_tried_again_for_the_rest()
    {
        var refused = 0;
        _edge.Mailroom.Instead = mail => mail.Request.Subject == "mail 1" && Interlocked.Increment(ref refused) <= 2 ? NotDone.Busy : null;
        var answer = await _edge.PostAsync(Batch(3), Path);

        Ids(answer).Length.ShouldBe(3);
        answer.Json.TryGetProperty("errors", out _).ShouldBeFalse();
        refused.ShouldBe(3);
    }

    [Fact]
    public async Task What_stays_busy_is_told_mail_by_mail()
    {
        _edge.Mailroom.Instead = mail => mail.Request.Subject switch
        {
            "mail 1" => NotDone.Busy,
            "mail 2" => NotDone.Late,
            _ => null,
        };
        var answer = await _edge.PostAsync(Batch(4), Path);

        answer.Status.ShouldBe(202);
        Ids(answer).Length.ShouldBe(2);
        Errors(answer).ShouldBe([(1, "busy"), (2, "outcome_unknown")]);
    }

    private Task<Answer> PermissiveAsync(string body) =>
        _edge.SendAsync(HttpMethod.Post, Path, body, change: request => request.Headers.Add("x-batch-validation", "permissive"));

    private static string Batch(int count) =>
        "[" + string.Join(',', Enumerable.Range(0, count).Select(i => Mails.Simple.Replace("\"Hi\"", $"\"mail {i}\"", StringComparison.Ordinal))) + "]";

    private static string[] Ids(Answer answer) =>
        [.. answer.Json.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];

    private static (int Index, string Code)[] Errors(Answer answer) =>
        [.. answer.Json.GetProperty("errors").EnumerateArray().Select(Error)];

    private static (int Index, string Code) Error(JsonElement error)
    {
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        return (error.GetProperty("index").GetInt32(), error.GetProperty("code").GetString()!);
    }
}
