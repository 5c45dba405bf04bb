using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Auth;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary><c>POST /api/v1/emails</c>: the busiest path of all.</summary>
internal sealed class SendEmail(IIntake intake, EmailParser parser, RequestBodies bodies)
{
    public async Task HandleAsync(HttpContext context, Caller caller)
    {
        JsonRequest.Require(context);
        var key = IdempotencyKey.Read(context);
        NewDelivery mail;
        using (var body = await bodies.ReadAsync(context))
        {
            mail = Parse(body.Bytes, caller, key, TraceParent.Of(context));
        }

        var outcome = IntakeAnswer.Of(await intake.AcceptAsync(mail));
        if (outcome.Problem is { } problem)
        {
            throw new ProblemException(problem);
        }

        if (outcome.Replayed)
        {
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        }

        WriteId(context.Response, outcome.Id.Value);
    }

    private NewDelivery Parse(ReadOnlySpan<byte> body, Caller caller, string? key, string? traceParent)
    {
        var email = parser.One(body);

        // "in 10 minutes" is another time on each repeat, but the same request: the words are compared, not the time.
        var fingerprint = key is not null && email.ScheduledAt is { IsRelative: true } ? SHA256.HashData(body) : null;
        return email.ToDelivery(caller, key, fingerprint, traceParent);
    }

    /// <summary>Straight into the connection's buffer. An id needs no escaping.</summary>
    private static void WriteId(HttpResponse response, string id)
    {
        response.StatusCode = StatusCodes.Status202Accepted;
        response.ContentType = Reply.JsonType;
        response.ContentLength = id.Length + 9;
        var body = response.BodyWriter.GetSpan(id.Length + 9);
        "{\"id\":\""u8.CopyTo(body);
        var end = 7 + Encoding.ASCII.GetBytes(id, body[7..]);
        "\"}"u8.CopyTo(body[end..]);
        response.BodyWriter.Advance(end + 2);
    }
}
