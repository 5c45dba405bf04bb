using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Deliveries;

public sealed class StatusTests
{
    public static TheoryData<DeliveryStatus, DeliveryEvent, DeliveryStatus> Forbidden => new()
    {
        { DeliveryStatus.Absent, new DeliverySent(Mails.T0), DeliveryStatus.Sent },
        { DeliveryStatus.Scheduled, new DeliverySent(Mails.T0), DeliveryStatus.Sent },
        { DeliveryStatus.Sending, new DeliveryCanceled(Mails.T0, "operator"), DeliveryStatus.Canceled },
        { DeliveryStatus.Sent, new DeliveryFailed(Mails.T0, "late"), DeliveryStatus.Failed },
        { DeliveryStatus.Canceled, new DeliveryQueued(Mails.T0), DeliveryStatus.Queued },
        { DeliveryStatus.DeadLetter, new DeliveryDeadLettered(Mails.T0, "again"), DeliveryStatus.DeadLetter },
        { DeliveryStatus.Expired, new RetryScheduled(Mails.T0, Mails.T0, "again"), DeliveryStatus.Queued },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void An_event_that_a_status_does_not_allow_is_refused(DeliveryStatus status, DeliveryEvent happened, DeliveryStatus to)
    {
        status.MayBecome(to).ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => Delivery.Apply(Mails.In(status), happened)).Message.ShouldContain($"from {status.Name()} to {to.Name()}");
    }

    [Fact]
    public void An_event_that_nobody_knows_is_refused() =>
        Should.Throw<InvalidOperationException>(() => Delivery.Apply(Mails.In(DeliveryStatus.Queued), new Unheard(Mails.T0))).Message.ShouldContain("unheard");

    [Fact]
    public void A_message_that_nobody_knows_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => Delivery.Decide(Mails.In(DeliveryStatus.Queued), new Unspoken(), Mails.T0));

    [Fact]
    public void Every_status_has_a_name_that_reads_back()
    {
        foreach (var status in Enum.GetValues<DeliveryStatus>().Where(status => status != DeliveryStatus.Absent))
        {
            DeliveryStatuses.TryParse(status.Name(), out var read).ShouldBeTrue();
            read.ShouldBe(status);
        }

        foreach (var status in Enum.GetValues<AttemptStatus>())
        {
            AttemptStatuses.TryParse(status.Name(), out var read).ShouldBeTrue();
            read.ShouldBe(status);
        }
    }

    [Fact]
    public void The_stored_names_are_the_permanent_ones()
    {
        Enum.GetValues<DeliveryStatus>().Select(status => status.Name()).ShouldBe([
            "absent", "scheduled", "queued", "rendered", "sending", "sent", "delivered", "bounced", "complained", "suppressed", "failed", "dead_letter",
            "canceled", "expired", "uncertain",
        ]);
        Enum.GetValues<AttemptStatus>().Select(status => status.Name()).ShouldBe([
            "scheduled", "in_progress", "provider_accepted", "provider_rejected", "transport_failed", "timed_out", "render_failed", "interrupted", "uncertain",
        ]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("absent")]
    [InlineData("Sent")]
    [InlineData("sent ")]
    public void A_name_that_is_not_one_is_not_read(string? name) => DeliveryStatuses.TryParse(name, out _).ShouldBeFalse();

    [Fact]
    public void No_way_leads_from_one_final_status_to_another_but_to_a_worse_word()
    {
        foreach (var from in Enum.GetValues<DeliveryStatus>().Where(DeliveryStatuses.IsTerminal))
        {
            foreach (var to in Enum.GetValues<DeliveryStatus>().Where(to => from.MayBecome(to)))
            {
                to.Severity().ShouldBeGreaterThan(from.Severity());
                from.Severity().ShouldBeGreaterThan(0);
            }
        }
    }

    private sealed record Unheard(Instant OccurredAt) : DeliveryEvent(OccurredAt)
    {
        public override string Name => "unheard";
    }

    private sealed record Unspoken : DeliveryMessage;
}
