using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Host.Telemetry;

namespace Mailroom.Integration.Tests.Telemetry;

/// <summary>What is counted for each thing that can happen.</summary>
public sealed class CountingTests : IDisposable
{
    private static readonly DeliveryId Id = new("em_1");

    private readonly MailMetrics _metrics = new();
    private readonly Measured _measured;
    private readonly AttemptMetrics _attempts;

    public CountingTests()
    {
        _measured = new Measured(_metrics.Meter);
        _attempts = new AttemptMetrics(_metrics);
        _metrics.StartAtZero();
    }

    public void Dispose()
    {
        _measured.Dispose();
        _metrics.Dispose();
    }

    [Theory]
    [InlineData(AttemptStatus.ProviderAccepted)]
    [InlineData(AttemptStatus.ProviderRejected)]
    [InlineData(AttemptStatus.TransportFailed)]
    [InlineData(AttemptStatus.TimedOut)]
    [InlineData(AttemptStatus.RenderFailed)]
    [InlineData(AttemptStatus.Interrupted)]
    [InlineData(AttemptStatus.Uncertain)]
    [Trait("Requirement", "C43")]
    public void An_attempt_that_ended_is_counted_under_its_status_which_was_known_at_zero_before(AttemptStatus status)
    {
        _measured[$"mail.attempt.outcomes{{status={status.Name()}}}"].ShouldBe(0);

        _attempts.AttemptEnded(Start(), new AttemptReport { Status = status });

        _measured.NotZero.ShouldBe([$"mail.attempt.outcomes{{status={status.Name()}}} 1"]);
    }

    public static TheoryData<DeliveryStatus, AttemptStatus?, string, bool, string> News => new()
    {
        { DeliveryStatus.Queued, AttemptStatus.TimedOut, "timed_out", true, "" },
        { DeliveryStatus.DeadLetter, AttemptStatus.TimedOut, "timed_out", false, "mail.delivery.dead_letters 1" },
        { DeliveryStatus.Suppressed, null, "stub", false, "mail.delivery.suppressed 1" },
        { DeliveryStatus.Suppressed, AttemptStatus.ProviderRejected, "suppressed", false, "mail.delivery.suppressed 1" },
        { DeliveryStatus.Failed, AttemptStatus.ProviderRejected, "smtp_rejected", false, "" },
        { DeliveryStatus.Expired, AttemptStatus.TransportFailed, "expired", false, "" },
        { DeliveryStatus.Queued, AttemptStatus.Uncertain, "process_lost", true, "mail.attempt.outcomes{status=uncertain} 1" },
        { DeliveryStatus.Uncertain, AttemptStatus.Uncertain, "process_lost", false, "mail.attempt.outcomes{status=uncertain} 1" },
        { DeliveryStatus.Queued, AttemptStatus.TimedOut, "claim_expired", true, "mail.attempt.outcomes{status=timed_out} 1" },
        { DeliveryStatus.DeadLetter, AttemptStatus.Uncertain, "process_lost", false, "mail.attempt.outcomes{status=uncertain} 1|mail.delivery.dead_letters 1" },
    };

    [Theory]
    [MemberData(nameof(News))]
    [Trait("Requirement", "C15")]
    [Trait("Requirement", "C35")]
    public void News_of_a_delivery_counts_its_end_and_the_attempt_only_where_nobody_else_could(
        DeliveryStatus status, AttemptStatus? last, string reason, bool isRetry, string counted)
    {
        _attempts.Announced(new Announce(Id, OrgId.Default, "notification", status, 1, last, reason, isRetry ? new Instant(1) : null));

        _measured.NotZero.ShouldBe(counted.Split('|', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    [Trait("Requirement", "C16")]
    public void Each_refused_entry_of_a_stream_is_counted_by_its_code_and_a_batch_of_valid_ones_is_not()
    {
        var stream = new StreamTelemetry(_metrics);

        stream.Committed("notification", accepted: 3);
        _measured.NotZero.ShouldBe(["mail.intake.accepted{source=notification} 3", "mail.stream_commands.batches 1"]);

        stream.Malformed("invalid_envelope");
        stream.Malformed("invalid_envelope");
        stream.Malformed("too_large");
        _measured["mail.stream_commands.malformed{failure_code=invalid_envelope}"].ShouldBe(2);
        _measured["mail.stream_commands.malformed{failure_code=too_large}"].ShouldBe(1);
    }

    private static StartAttempt Start() =>
        new(Id, OrgId.Default, 1, new Claim(new ClaimToken(1, 1), new Instant(0)), null, null, false, new Instant(0));
}
