using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Mail.Kit.Matrix;
using Kit = Mailroom.Actors.Kit.EntityKit<
    Mailroom.Actors.Deliveries.Delivery, Mailroom.Actors.Deliveries.DeliveryState, Mailroom.Actors.Deliveries.DeliveryMessage, Mailroom.Actors.Deliveries.DeliveryEvent>;

namespace Mailroom.Providers.Tests.Smtp.Matrix;

/// <summary>The mail of a row as a delivery has it, and what the delivery decides when an attempt ends.</summary>
internal static class MatrixMail
{
    public static readonly Instant T0 = Instant.From(ManualClock.Start);

    private static readonly DeliveryId Id = new("em_1");

    public static DeliveryRequest Request(string sender, IEnumerable<string> recipients, string text) => new()
    {
        From = new(sender),
        To = [.. recipients.Select(address => new Mailbox(address))],
        Subject = "x",
        Text = text,
    };

    public static OutboundMail Outbound(DeliveryRequest request) => new(Id, request, request.Subject!, request.Text, request.Html, null, ManualClock.Start);

    /// <summary>What follows when the attempt of a mail that has failed <paramref name="before"/> times ends so.</summary>
    public static DeliveryState After(SmtpCase row, AttemptReport report, int before = 0, UncertainPolicy onUncertain = UncertainPolicy.Retry)
    {
        var request = Request(row.Sender, row.Addresses, "hello");
        var state = Kit.When(DeliveryState.Absent, new AcceptDelivery
        {
            Id = Id,
            Org = OrgId.Default,
            Source = "api",
            Request = request,
            Payload = PayloadCodec.Encode(request),
            AcceptToken = 77,
            OnUncertain = onUncertain,
        }, T0).After;
        var now = T0;
        for (var sequence = 1; sequence <= before; sequence++)
        {
            state = Finish(Claim(state, sequence, now), Reports.Unreachable, now);
            now += TimeSpan.FromHours(1);
        }

        return Finish(Claim(state, before + 1, now), report, now);
    }

    private static DeliveryState Claim(DeliveryState state, int sequence, Instant now) =>
        Kit.When(state, new ClaimAttempt(new(new(1, sequence), now + TimeSpan.FromSeconds(45))), now).After;

    private static DeliveryState Finish(DeliveryState sending, AttemptReport report, Instant now) =>
        Kit.When(sending, new AttemptFinished(sending.Claim!.Token, report, RetryLadder.Default), now).After;
}
