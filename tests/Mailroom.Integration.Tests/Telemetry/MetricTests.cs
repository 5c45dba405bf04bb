using Mailroom.Integration.Tests.Service;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>The metrics after traffic that is known.</summary>
[Collection(AloneCollection.Name)]
public sealed class MetricTests
{
    private const string Outcomes = "mail.attempt.outcomes";
    private const string Duration = "mail.provider.send.duration_ms";
    private const string DeadLetters = "mail.delivery.dead_letters";
    private const string Suppressed = "mail.delivery.suppressed";

    [Fact]
    [Trait("Requirement", "C15")]
    [Trait("Requirement", "C28")]
    [Trait("Requirement", "C43")]
    [Trait("Requirement", "C44")]
    public async Task Every_attempt_is_counted_once_by_its_end_and_every_call_of_the_provider_is_timed()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Recipient = address => address switch
            {
                "never@example.test" => "550 5.1.1 No such user",
                "later@example.test" => "451 4.7.1 Try again later",
                _ => null,
            },
        });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "1s")]);
        await collector.Value(DeadLetters, null, 0);
        await collector.Value(Outcomes, "status=timed_out", 0);

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "sent");
        await service.Until(await service.Accept(TestMail.To("never@example.test")), "failed");
        await service.Until(await service.Accept(TestMail.To("later@example.test")), "dead_letter");

        await collector.Value(DeadLetters, null, 1);
        await collector.Value(Outcomes, "status=provider_accepted", 2);
        await collector.Value(Outcomes, "status=provider_rejected", 1);
        await collector.Value(Outcomes, "status=transport_failed", 2);
        await collector.Value(Duration, "status=provider_accepted", 2);
        await collector.Value(Duration, "status=provider_rejected", 1);
        await collector.Value(Duration, "status=transport_failed", 2);
        await collector.Value("mail.intake.accepted", "source=api", 4);
        await collector.Value("mail.store.available", null, 1);
        await collector.Value("mail.attempt.running", null, 0);
        var duration = collector.Newest(Duration, "status=provider_accepted")!;
        (duration.Kind, duration.Unit, duration.Attributes["provider"]).ShouldBe(("histogram", "ms", "smtp"));
        duration.Sum.ShouldBeInRange(0.01, 60_000);
        var outcome = collector.Newest(Outcomes, "status=timed_out")!;
        (outcome.Kind, outcome.IsMonotonic, outcome.Value).ShouldBe(("sum", true, 0));
        collector.Newest(Suppressed, null)!.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Requirement", "C43")]
    [Trait("Requirement", "C44")]
    public async Task Each_timeout_is_counted_and_logs_its_retry_with_the_time_or_its_dead_letter()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = _ => true });
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "1s"), ("MAIL_SMTP_TIMEOUT", "300ms")]);

        var id = await service.Accept(TestMail.To("ada@example.test"));
        await service.Until(id, "dead_letter");

        await collector.Value(Outcomes, "status=timed_out", 2);
        await collector.Value(Duration, "status=timed_out", 2);
        await collector.Value(DeadLetters, null, 1);
        var lines = service.Log.Lines.Where(line => line.Contains(id, StringComparison.Ordinal)).ToArray();
        var retry = lines.Where(line => line.Contains("retry scheduled", StringComparison.Ordinal)).ShouldHaveSingleItem();
        retry.ShouldContain($"delivery={id} attempt=1 status=timed_out");
        retry.ShouldMatch(@"next=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
        lines.Where(line => line.Contains("dead-lettered", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain($"delivery={id} attempts=2 status=timed_out");
    }

    [Fact]
    [Trait("Requirement", "C35")]
    public async Task Each_suppressed_delivery_is_counted_once()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_SMTP_MODE", "stub")]);
        await collector.Value(Suppressed, null, 0);

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "suppressed");
        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "suppressed");

        await collector.Value(Suppressed, null, 2);
        collector.Newest(DeadLetters, null)!.Value.ShouldBe(0);
    }

    [Fact]
    [Trait("Requirement", "C43")]
    public async Task An_attempt_that_was_lost_with_its_process_is_counted_by_the_next_one()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        await using var service = await RunningMailroom.Start(store, sink.Port, Exporting.To(collector));
        var id = await service.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        await service.Kill9();
        sink.Faults = LedgerFaults.None;
        await service.Restart();
        await service.Until(id, "sent");

        await collector.Value(Outcomes, "status=provider_accepted", 1);
        await collector.Value(Outcomes, "status=uncertain", 1);
    }

    [Fact]
    [Trait("Requirement", "C25")]
    public async Task The_scheduler_says_how_it_stands_also_when_it_is_idle()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAILROOM_LOG_SUMMARY_INTERVAL", "100ms"));

        // Two of them: it goes on.
        var told = 0;
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("scheduler: waiting=0 oldest_age_ms=0 in_line=0 running=0 workers=16 store=available", StringComparison.Ordinal) && ++told == 2),
            "two summaries",
            () => service.Log.Tail());
    }

    [Fact]
    [Trait("Requirement", "C13")]
    [Trait("Requirement", "C14")]
    public async Task The_schedules_depth_counts_what_is_due_now_or_later_and_its_age_is_that_of_the_oldest_due()
    {
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = address => address == "later@example.test" ? "451 4.7.1 Try again later" : null });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "1h")]);
        await collector.Value("mail.attempt_schedule.depth", null, 0);

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        await service.Accept(TestMail.To("later@example.test"));
        await service.Accept(TestMail.To("later@example.test"));
        await service.Accept(new { from = "shop@example.com", to = "ada@example.test", subject = "Later", text = "Hello", scheduled_at = "in 1 hour" });

        await collector.Value("mail.attempt_schedule.depth", null, 3);
        await collector.Value("mail.attempt_schedule.oldest_age_ms", null, 0);
        collector.Newest("mail.attempt_schedule.depth", null)!.Kind.ShouldBe("gauge");
    }
}
