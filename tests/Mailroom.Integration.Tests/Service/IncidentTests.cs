using System.Net.Http.Json;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Integration.Tests.Telemetry;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>The incidents of docs/operations.md, each with what it tells operators to look at.</summary>
public sealed class IncidentTests
{
    private const string Inside = "/api/v1/internal/";
    private const string Depth = "mail.attempt_schedule.depth";
    private const string OldestAge = "mail.attempt_schedule.oldest_age_ms";
    private const string Outcomes = "mail.attempt.outcomes";
    private const string DeadLetters = "mail.delivery.dead_letters";
    private const string Suppressed = "mail.delivery.suppressed";
    private const string Malformed = "mail.stream_commands.malformed";

    [Fact]
    [Trait("Requirement", "C14")]
    [Trait("Requirement", "C24")]
    [Trait("Requirement", "C29")]
    public async Task A_backlog_behind_a_stalled_server_shows_in_depth_age_summary_and_listing_and_costs_no_attempt()
    {
        const int Mails = 12;

        // Two slots, and two claims ahead for each; what is claimed does not wait.
        const int Waiting = Mails - 6;
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = _ => true });
        await using var service = await RunningMailroom.Start(
            store, sink.Port,
            [.. Exporting.To(collector), ("MAIL_ATTEMPT_WORKER_CONCURRENCY", "2"), ("MAIL_SMTP_TIMEOUT", "30s"), ("MAILROOM_LOG_SUMMARY_INTERVAL", "100ms")]);
        var ids = await Task.WhenAll(Enumerable.Range(0, Mails).Select(i => service.Accept(TestMail.To($"user{i}@example.test"))));
        await sink.WaitForStalled(2);

        // Longer than an org's terms hold, so that the claims ahead have to ask again.
        await collector.Value(OldestAge, null, age => age > 2500, "above 2500");
        await collector.Value(Depth, null, Waiting);
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains($"scheduler: waiting={Waiting} ", StringComparison.Ordinal) && line.Contains(" workers=2 store=available", StringComparison.Ordinal)),
            "a summary of the backlog",
            () => service.Log.Tail());
        (await Listed(service, "deliveries?status=queued")).Length.ShouldBe(Waiting);
        (await Listed(service, "deliveries?status=sending")).Length.ShouldBe(Mails - Waiting);
        sink.Stalled.ShouldBe(2);

        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        await collector.Value(Depth, null, 0);
        await collector.Value(OldestAge, null, 0);
        foreach (var id in ids)
        {
            await service.Until(id, "sent");
            (await service.Attempts(id)).ShouldHaveSingleItem().GetProperty("status").GetString().ShouldBe("provider_accepted");
        }

        sink.Ledger.Count.ShouldBe(Mails);
    }

    [Fact]
    [Trait("Requirement", "C15")]
    [Trait("Requirement", "C30")]
    [Trait("Requirement", "C34")]
    [Trait("Requirement", "D08")]
    public async Task A_spike_of_dead_letters_is_listed_with_its_cause_and_driven_again_once_the_cause_is_gone()
    {
        const int Mails = 3;
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => "451 4.3.0 The queue is full" });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "1s")]);
        var ids = await Task.WhenAll(Enumerable.Range(0, Mails).Select(i => service.Accept(TestMail.To($"user{i}@example.test"))));

        await collector.Value(DeadLetters, null, Mails);
        var dead = await Listed(service, "dead-letters");
        dead.Select(letter => letter.GetProperty("delivery_id").GetString()).Order().ShouldBe(ids.Order());
        dead.ShouldAllBe(letter => letter.GetProperty("final_attempt_no").GetInt32() == 2
            && letter.GetProperty("provider_summary").GetString()!.Contains("The queue is full"));
        var timeline = await service.ReadInside($"{Inside}deliveries/{ids[0]}/timeline");
        timeline.GetProperty("verdict_code").GetString().ShouldBe("retries_exhausted");
        timeline.GetProperty("verdict").GetString().ShouldNotBeNull().ShouldContain("The queue is full");

        sink.Faults = LedgerFaults.None;
        (await Redrive(service, new { dry_run = true })).GetProperty("count").GetInt32().ShouldBe(Mails);
        sink.Ledger.Count.ShouldBe(0);
        var driven = (await Redrive(service, new { })).GetProperty("redriven").EnumerateArray().ToArray();
        driven.Select(one => one.GetProperty("parent_id").GetString()).Order().ShouldBe(ids.Order());
        foreach (var one in driven)
        {
            var repeat = await service.Until(one.GetProperty("delivery_id").GetString()!, "sent");
            repeat.GetProperty("source").GetString().ShouldBe("operator_resend");
            repeat.GetProperty("parent_id").GetString().ShouldBe(one.GetProperty("parent_id").GetString());
        }

        (await Redrive(service, new { })).GetProperty("count").GetInt32().ShouldBe(0);
        (await Listed(service, "dead-letters?not_repeated=true")).ShouldBeEmpty();
        (await Listed(service, "dead-letters")).Length.ShouldBe(Mails);
        sink.Ledger.Count.ShouldBe(Mails);
        collector.Newest(DeadLetters, null)!.Value.ShouldBe(Mails);
    }

    [Fact]
    [Trait("Requirement", "C35")]
    [Trait("Requirement", "C37")]
    [Trait("Requirement", "C40")]
    [Trait("Requirement", "D35")]
    public async Task Suppressed_mail_of_the_stub_mode_is_found_by_its_source_and_is_no_failure()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_SMTP_MODE", "stub")]);

        var answer = await Post(service, "login-code-deliveries", new { email = "ada@example.test", code = "123456", locale = "en" }, idempotencyKey: "login-1");
        var mail = await service.Accept(TestMail.To("bob@example.test"));
        await service.Until(mail, "suppressed");

        answer.GetProperty("outcome").GetString().ShouldBe("suppressed");
        await collector.Value(Suppressed, null, 2);
        var code = (await Listed(service, "deliveries?status=suppressed&source=authsession")).ShouldHaveSingleItem();
        code.GetProperty("template_id").GetString().ShouldBe("auth.login_code");
        (await Listed(service, "deliveries?status=suppressed&source=api")).ShouldHaveSingleItem().GetProperty("id").GetString().ShouldBe(mail);
        var timeline = await service.ReadInside($"{Inside}deliveries/{mail}/timeline");
        timeline.GetProperty("verdict").GetString().ShouldNotBeNull().ShouldContain("suppressed as it was accepted");
        timeline.GetProperty("events").EnumerateArray().Last().GetProperty("detail").GetString().ShouldBe("stub_mode");
        (await Listed(service, "dead-letters")).ShouldBeEmpty();
        collector.Newest(DeadLetters, null)!.Value.ShouldBe(0);
        sink.Connections.ShouldBe(0);
    }

    /// <summary>What the server says to the login (null: it offers none), and what becomes of the mail, of its attempt, and in the log.</summary>
    public static TheoryData<string?, string, string, string> Logins => new()
    {
        { "535 5.7.8 Username and password not accepted", "failed", "provider_rejected", "the provider refuses our credentials: check MAIL_SMTP_USERNAME and MAIL_SMTP_PASSWORD" },
        { "454 4.7.0 Temporary authentication failure", "queued", "transport_failed", "retry scheduled" },
        { null, "failed", "provider_rejected", "the server offers no AUTH mechanism" },
    };

    [Theory]
    [MemberData(nameof(Logins))]
    [Trait("Requirement", "C41")]
    public async Task A_login_that_fails_is_named_in_the_log_and_the_attempt(string? reply, string status, string attemptStatus, string told)
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(reply is null ? LedgerFaults.None : new LedgerFaults { Authentication = () => reply });
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector), ("MAIL_SMTP_USERNAME", "shop"), ("MAIL_SMTP_PASSWORD", "not-this-one")]);

        var id = await service.Accept(TestMail.To("ada@example.test"));
        await collector.Value(Outcomes, "status=" + attemptStatus, 1);
        await service.Until(id, status);

        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains(told, StringComparison.Ordinal) && line.Contains(id, StringComparison.Ordinal)), told, () => service.Log.Tail());
        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe(attemptStatus);
        attempt.GetProperty("provider_summary").GetString().ShouldNotBeNull().ShouldContain(reply?[4..] ?? "no AUTH mechanism");
        var timeline = await service.ReadInside($"{Inside}deliveries/{id}/timeline");
        timeline.GetProperty("verdict").GetString().ShouldNotBeNull().ShouldContain(reply?[4..] ?? "no login to the next mail server");
        service.Log.Tail(int.MaxValue).ShouldNotContain("not-this-one");
    }

    /// <summary>Where the server stalls, and how the attempt names it.</summary>
    public static TheoryData<string, string> Stalls => new() { { "STARTTLS", "StartTls" }, { "AUTH PLAIN", "Auth" }, { "DATA", "Data" } };

    [Theory]
    [MemberData(nameof(Stalls))]
    [Trait("Requirement", "C43")]
    [Trait("Requirement", "C44")]
    [Trait("Requirement", "C45")]
    public async Task A_stall_is_a_timeout_that_names_the_step(string command, string step)
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(command == "DATA" ? new LedgerFaults { StallBeforeData = _ => true } : new LedgerFaults { StallIn = command });
        (string Name, string Value)[] how = command switch
        {
            "STARTTLS" => [("MAILROOM_SMTP_SECURITY", "starttls")],
            "AUTH PLAIN" => [("MAIL_SMTP_USERNAME", "shop"), ("MAIL_SMTP_PASSWORD", "secret")],
            _ => [],
        };
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector), .. how, ("MAIL_SMTP_TIMEOUT", "500ms"), ("MAIL_RETRY_LADDER", "1h")]);

        var id = await service.Accept(TestMail.To("ada@example.test"));
        await collector.Value(Outcomes, "status=timed_out", 1);
        await collector.Value("mail.provider.send.duration_ms", "status=timed_out", 1);
        await service.Until(id, "queued");

        collector.Newest("mail.provider.send.duration_ms", "status=timed_out")!.Sum.ShouldBeInRange(500, 30_000);
        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe("timed_out");
        attempt.GetProperty("provider_summary").GetString().ShouldNotBeNull().ShouldStartWith(step + " did not end before");
        attempt.GetProperty("conversation").GetString().ShouldNotBeNull().ShouldContain("> " + command);
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains($"retry scheduled delivery={id} attempt=1 status=timed_out", StringComparison.Ordinal)),
            "the retry in the log",
            () => service.Log.Tail());
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains($"not accepted delivery={id}", StringComparison.Ordinal) && line.Contains($" cause={step} did not end before", StringComparison.Ordinal)),
            "the step in the log",
            () => service.Log.Tail());
    }

    [Fact]
    [Trait("Requirement", "C16")]
    [Trait("Requirement", "C47")]
    [Trait("Requirement", "C50")]
    [Trait("Requirement", "D15")]
    public async Task A_malformed_command_is_reviewed_put_right_and_sent_again_under_its_own_key()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var redis = await TestRedis.Create();
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector), ("MAIL_REDIS_MASTER_ADDR", $"127.0.0.1:{redis.Port}"), ("MAIL_REDIS_PASSWORD", redis.Password)]);

        var entry = await Command("""{"to":["ada@example.test"],"template_id":"auth.login_code","variables":{"code":"123456"}}""");
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("stream command rejected failure_code=invalid_payload delivery_id=mail-1 source=notification stream_entry_id=" + entry, StringComparison.Ordinal)),
            "the refusal in the log",
            () => service.Log.Tail());
        await collector.Value(Malformed, "failure_code=invalid_payload", 1);
        var refused = (await Listed(service, "malformed-commands")).ShouldHaveSingleItem();
        refused.GetProperty("stream_entry_id").GetString().ShouldBe(entry);
        refused.GetProperty("failure_message").GetString().ShouldNotBeNull().ShouldContain("locale");
        refused.GetProperty("raw_fields").EnumerateArray().Select(field => field.GetProperty("name").GetString()).ShouldContain("idempotency_key");

        await Command("""{"to":["ada@example.test"],"template_id":"auth.login_code","locale":"en","variables":{"code":"123456"}}""");
        await sink.Ledger.WaitForMails(1);
        await service.Until("mail-1", "sent");

        sink.Ledger.Count.ShouldBe(1);
        (await Listed(service, "malformed-commands")).ShouldHaveSingleItem();
        collector.Newest(Malformed, "failure_code=invalid_payload")!.Value.ShouldBe(1);

        Task<string> Command(string payload) => redis.Cli(
            "XADD", "mail:delivery_commands", "*", "delivery_id", "mail-1", "source", "notification", "payload_mode", "template",
            "idempotency_key", "notification:mail-1", "requested_at_ms", "1767225600000", "payload_json", payload);
    }

    private static async Task<JsonElement[]> Listed(RunningMailroom service, string path) =>
        [.. (await service.ReadInside(Inside + path)).GetProperty("data").EnumerateArray()];

    private static Task<JsonElement> Redrive(RunningMailroom service, object which) => Post(service, "dead-letters/redrive", which);

    private static async Task<JsonElement> Post(RunningMailroom service, string path, object body, string? idempotencyKey = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Internal, Inside + path)) { Content = JsonContent.Create(body) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }
}
