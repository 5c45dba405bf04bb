using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary>Moving a scheduled mail and calling a mail back.</summary>
internal sealed class ChangeEmail(IActorHost actors, ReadEmails emails, EmailParser parser, RequestBodies bodies)
{
    public async Task RescheduleAsync(HttpContext context, OrgId org)
    {
        JsonRequest.Require(context);
        Instant time;
        using (var body = await bodies.ReadAsync(context))
        {
            time = parser.NewTime(body.Bytes);
        }

        await ChangeAsync(context, org, new RescheduleDelivery(time));
    }

    /// <summary>A body is not needed and not read.</summary>
    public Task CancelAsync(HttpContext context, OrgId org) => ChangeAsync(context, org, new CancelDelivery("api"));

    private async Task ChangeAsync(HttpContext context, OrgId org, DeliveryMessage command)
    {
        var email = await emails.FindAsync(context, org);
        var answer = await actors.AskAsync(Delivery.Kind, email.State.Id.Value, command);
        if (answer is not Done)
        {
            throw new ProblemException(answer is NotDone notDone && notDone == NotDone.Late
                ? new Problem(ProblemKinds.OutcomeUnknown, "There was no answer in time. The change may still take effect: read the email to find out, or repeat the request.")
                : IntakeAnswer.ProblemOf(answer));
        }

        await Reply.JsonAsync(context, StatusCodes.Status200OK, email.State.Id.Value, Write);
    }

    private static void Write(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("object", "email");
        json.WriteString("id", id);
        json.WriteEndObject();
    }
}
