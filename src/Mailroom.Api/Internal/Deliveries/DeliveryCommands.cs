using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary>What operators do with one delivery: send it again, call it back, settle it.</summary>
internal sealed class DeliveryCommands(IIntake intake, IActorHost actors, DeliveryReads deliveries, InternalBodies bodies)
{
    /// <summary>201 with the new delivery. A parent that is being sent or waits is refused.</summary>
    public async Task ResendAsync(HttpContext context, CancellationToken reads)
    {
        var key = IdempotencyKey.Read(context);
        var to = await ReadRecipientsAsync(context);
        var parent = await deliveries.FindAsync(context, reads);
        var repeat = DeliveryRepeat.Of(parent, to, key) with { TraceParent = TraceParent.Of(context) };
        var id = Accept(context, await intake.AcceptAsync(repeat));
        await Reply.JsonAsync(context, StatusCodes.Status201Created, (id, parent.State.Id), static (json, ids) =>
        {
            json.WriteStartObject();
            json.WriteString("delivery_id", ids.id.Value);
            json.WriteString("parent_id", ids.Id.Value);
            json.WriteEndObject();
        });
    }

    public async Task CancelAsync(HttpContext context, CancellationToken reads)
    {
        var doing = await bodies.DoingAsync(context, needsReason: false);
        await ChangeAsync(context, new CancelDelivery(doing.By), reads);
    }

    /// <summary>An operator's word on a delivery of which nobody knows whether it was sent.</summary>
    public async Task SettleAsync(HttpContext context, CancellationToken reads)
    {
        var settling = await bodies.ReadAsync(
            context, ["verdict", "by"], new Settling(),
            static (ref JsonFields json, string name, Settling settling) =>
            {
                if (name == "verdict")
                {
                    settling.Verdict = ReadVerdict(ref json);
                }
                else if (!json.IsNull)
                {
                    settling.By = InternalBodies.Words(ref json, name, 100) ?? settling.By;
                }
            },
            static (settling, faults) =>
            {
                if (settling.Verdict is null && !faults.Any)
                {
                    faults.Add("verdict", "is missing");
                }
            });
        await ChangeAsync(context, new SettleUncertain(settling.Verdict!.Value, settling.By), reads);
    }

    private async Task ChangeAsync(HttpContext context, DeliveryMessage command, CancellationToken reads)
    {
        var answer = await actors.AskAsync(Delivery.Kind, DeliveryReads.Id(context).Value, command);
        if (answer is not Done)
        {
            throw new ProblemException(InternalProblems.Of(answer));
        }

        var delivery = await deliveries.FindAsync(context, reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, delivery.State, static (json, state) =>
        {
            json.WriteStartObject();
            json.WriteString("delivery_id", state.Id.Value);
            json.WriteString("status", state.Status.Name());
            json.WriteEndObject();
        });
    }

    private static DeliveryId Accept(HttpContext context, object answer)
    {
        switch (answer)
        {
            case Accepted accepted:
                return accepted.Id;
            case IdempotencyHit { Same: true } hit:
                context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
                return hit.Existing;
            default:
                throw new ProblemException(InternalProblems.Of(answer));
        }
    }

    private async Task<RepeatTo> ReadRecipientsAsync(HttpContext context)
    {
        var resend = await bodies.ReadAsync(
            context, ["recipients"], new Resending(),
            static (ref JsonFields json, string name, Resending resend) => resend.To = ReadTo(ref json, name),
            static (_, _) => { },
            isOptional: true);
        return resend.To;
    }

    private static RepeatTo ReadTo(ref JsonFields json, string name)
    {
        switch (json.Line(name, 16))
        {
            case "all" or null:
                return RepeatTo.All;
            case "unsent":
                return RepeatTo.Unsent;
            default:
                json.Faults.Add(name, "must be all or unsent");
                return RepeatTo.All;
        }
    }

    private static UncertainVerdict? ReadVerdict(ref JsonFields json)
    {
        switch (json.Line("verdict", 16))
        {
            case "was_sent":
                return UncertainVerdict.WasSent;
            case "send_again":
                return UncertainVerdict.SendAgain;
            case "give_up":
                return UncertainVerdict.GiveUp;
            case null:
                return null;
            default:
                json.Faults.Add("verdict", "must be was_sent, send_again or give_up");
                return null;
        }
    }

    private sealed class Resending
    {
        public RepeatTo To { get; set; }
    }

    private sealed class Settling
    {
        public UncertainVerdict? Verdict { get; set; }

        public string By { get; set; } = "operator";
    }
}
