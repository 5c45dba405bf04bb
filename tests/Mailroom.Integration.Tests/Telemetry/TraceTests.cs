using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Mailroom.Integration.Tests.Service;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>One mail can be followed from the caller to the provider.</summary>
[Collection(AloneCollection.Name)]
public sealed partial class TraceTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Parent = "00f067aa0ba902b7";
    private const int Server = 2;
    private const int Client = 3;
    private const int Error = 2;

    [Fact]
    [Trait("Requirement", "D02")]
    public async Task A_request_is_a_span_of_the_callers_trace_and_each_attempt_links_to_it()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        var replies = 0;
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => Interlocked.Increment(ref replies) == 1 ? "451 4.7.1 Not now, ada@example.test" : null });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "1s")]);

        var id = await Post(service, $"00-{Trace}-{Parent}-01");
        var first = await collector.Span(span => span.IsSend(id, attempt: 1), "the first attempt");
        var second = await collector.Span(span => span.IsSend(id, attempt: 2), "the second attempt");

        var request = await collector.Span(span => span.Name == "POST /api/v1/emails", "the request");
        (request.Kind, request.TraceId, request.ParentSpanId, request.Status).ShouldBe((Server, Trace, Parent, 0));
        request.Attributes["http.request.method"].ShouldBe("POST");
        request.Attributes["http.route"].ShouldBe("/api/v1/emails");
        request.Attributes["http.response.status_code"].ShouldBe("202");

        first.Links.ShouldHaveSingleItem().ShouldBe((Trace, request.SpanId));
        (first.Kind, first.ParentSpanId, first.Status).ShouldBe((Client, "", Error));
        first.TraceId.ShouldNotBe(Trace);
        first.Attributes["mail.attempt.status"].ShouldBe("transport_failed");
        first.Attributes["mail.reply.code"].ShouldBe("451");
        first.Attributes["mail.org.id"].ShouldBe("org_default");
        first.Attributes["mail.provider"].ShouldBe("smtp");

        second.Links.ShouldBe(first.Links);
        second.TraceId.ShouldNotBe(first.TraceId);
        second.Attributes["mail.attempt.status"].ShouldBe("provider_accepted");
        collector.Spans.SelectMany(span => span.Attributes.Values).ShouldAllBe(value => !value.Contains('@'));
    }

    [Fact]
    public async Task A_retry_after_a_restart_still_links_to_its_request()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => "451 4.7.1 Try again later" });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "2s")]);
        var id = await Post(service, $"00-{Trace}-{Parent}-01");
        var first = await collector.Span(span => span.IsSend(id), "the first attempt");

        await service.Kill9();
        await service.Restart();

        var second = await collector.Span(span => span.IsSend(id, attempt: 2), "the second attempt");
        second.Links.ShouldBe(first.Links);
        second.Links.ShouldHaveSingleItem().TraceId.ShouldBe(Trace);
    }

    [Fact]
    public async Task A_caller_that_does_not_sample_has_neither_its_request_nor_its_mail_traced()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, Exporting.To(collector));

        var unsampled = await Post(service, $"00-{Trace}-{Parent}-00");
        await service.Until(unsampled, "sent");
        var sampled = await Post(service, traceParent: null);
        await service.Until(sampled, "sent");
        (await service.Terminate()).ShouldBe(0);

        collector.Spans.Count(span => span.Name == "POST /api/v1/emails").ShouldBe(1);
        collector.Spans.ShouldContain(span => span.IsSend(sampled));
        collector.Spans.ShouldNotContain(span => span.TraceId == Trace || span.IsSend(unsampled));
    }

    [Fact]
    public async Task Attempts_link_to_the_caller_where_requests_are_not_traced_any_more_than_it_asks()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector), ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0")]);

        var id = await Post(service, traceParent: null);
        await service.Until(id, "sent");
        var traced = await Post(service, $"00-{Trace}-{Parent}-01");
        await service.Until(traced, "sent");
        (await service.Terminate()).ShouldBe(0);

        // The caller's decision holds for its request; an attempt is a root of its own, for which the ratio decides.
        var request = collector.Spans.ShouldHaveSingleItem();
        (request.Name, request.TraceId).ShouldBe(("POST /api/v1/emails", Trace));
    }

    [Fact]
    [Trait("Requirement", "C17")]
    public async Task A_line_about_an_internal_request_has_the_ids_of_its_span()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, Exporting.To(collector));

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");

        var span = await collector.Span(span => span.Name == "GET /api/v1/internal/deliveries/{id}", "the request's span");
        var line = await Deadline.In().Wait(
            service.Log.Line(line => line.Contains(span.SpanId, StringComparison.Ordinal)), "the request's line", () => service.Log.Tail());
        var ids = Ids().Match(line);
        (ids.Groups[1].Value, ids.Groups[2].Value).ShouldBe((span.TraceId, span.SpanId));
        line.ShouldContain("GET /api/v1/internal/deliveries/{id} answered 200 in ");
    }

    [Fact]
    [Trait("Requirement", "C17")]
    public async Task A_line_about_an_internal_request_has_ids_also_where_nothing_is_exported()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");

        var line = await Deadline.In().Wait(service.Log.Line(line => line.Contains("internal/deliveries/{id} answered 200", StringComparison.Ordinal)), "the request's line");
        Ids().IsMatch(line).ShouldBeTrue(line);
    }

    private static async Task<string> Post(RunningMailroom service, string? traceParent)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Public, "/api/v1/emails")) { Content = JsonContent.Create(TestMail.To("ada@example.test")) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        if (traceParent is not null)
        {
            request.Headers.Add("traceparent", traceParent);
        }

        using var response = await http.SendAsync(request);
        return await RunningMailroom.IdIn(response);
    }

    [GeneratedRegex("otel_trace_id=([0-9a-f]{32}) otel_span_id=([0-9a-f]{16})$")]
    private static partial Regex Ids();
}
