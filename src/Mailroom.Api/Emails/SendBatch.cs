using System.Security.Cryptography;
using System.Text.Json;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Auth;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Emails;

/// <summary>
/// <c>POST /api/v1/emails/batch</c>. All mails are checked before the first is stored. The first is then accepted alone, so that an
/// Idempotency-Key used for other content stores nothing; after it the rest go in together.
/// </summary>
internal sealed class SendBatch(IIntake intake, EmailParser parser, RequestBodies bodies, TimeProvider clock, TimeSpan deadline)
{
    /// <summary>Asks for the valid mails to be sent though others are not valid; Resend's clients send it.</summary>
    private const string ValidationHeader = "x-batch-validation";

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    public async Task HandleAsync(HttpContext context, Caller caller)
    {
        JsonRequest.Require(context);
        var key = IdempotencyKey.Read(context);
        var isPermissive = IsPermissive(context);
        IReadOnlyList<BatchItem> items;
        byte[]? fingerprint;
        using (var body = await bodies.ReadAsync(context))
        {
            items = parser.Batch(body.Bytes);
            fingerprint = key is null ? null : SHA256.HashData(body.Bytes);
        }

        if (!isPermissive)
        {
            RefuseFaults(items);
        }

        var outcomes = await AcceptAsync(items, index => Mail(items[index].Email!, index));
        if (Array.TrueForAll(outcomes, outcome => outcome.Problem is not null || outcome.Replayed)
            && Array.Exists(outcomes, outcome => outcome.Replayed))
        {
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        }

        await Reply.JsonAsync(context, StatusCodes.Status202Accepted, outcomes, Write);

        NewDelivery Mail(ParsedEmail email, int index) =>
            email.ToDelivery(caller, key is null ? null : IdempotencyKey.OfItem(key, index), fingerprint, TraceParent.Of(context));
    }

    private async Task<Outcome[]> AcceptAsync(IReadOnlyList<BatchItem> items, Func<int, NewDelivery> mail)
    {
        var outcomes = new Outcome[items.Count];
        var valid = new List<int>(items.Count);
        for (var index = 0; index < items.Count; index++)
        {
            if (items[index].Email is null)
            {
                outcomes[index] = new Outcome(default, false, items[index].Faults.ToProblem());
            }
            else
            {
                valid.Add(index);
            }
        }

        if (valid.Count == 0)
        {
            return outcomes;
        }

        var first = valid[0];
        outcomes[first] = IntakeAnswer.Of(await intake.AcceptAsync(mail(first)));
        if (outcomes[first].Problem is { } problem)
        {
            throw new ProblemException(problem);
        }

        var started = clock.GetTimestamp();
        await Task.WhenAll(valid.Skip(1).Select(async index => outcomes[index] = await AcceptAsync(mail(index), started)));
        return outcomes;
    }

    /// <summary>Comes back to a busy intake until the deadline: a part of the batch is stored, so its rest should be.</summary>
    private async Task<Outcome> AcceptAsync(NewDelivery mail, long started)
    {
        for (var wait = FirstWait; ; wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, LongestWait.Ticks)))
        {
            var outcome = IntakeAnswer.Of(await intake.AcceptAsync(mail));
            if (outcome.Problem?.Kind != ProblemKinds.Busy || clock.GetElapsedTime(started) + wait >= deadline)
            {
                return outcome;
            }

            await Task.Delay(wait, clock);
        }
    }

    private static bool IsPermissive(HttpContext context)
    {
        var asked = context.Request.Headers[ValidationHeader];
        return asked switch
        {
            [] or ["strict"] => false,
            ["permissive"] => true,
            _ => throw new ProblemException(new Problem(ProblemKinds.ValidationError, $"The header {ValidationHeader} must be strict or permissive.")),
        };
    }

    private static void RefuseFaults(IReadOnlyList<BatchItem> items)
    {
        var all = new Faults();
        foreach (var fault in items.SelectMany(item => item.Faults.All))
        {
            all.Add(fault.Field, fault.Message, fault.Kind);
        }

        if (all.Any)
        {
            throw new ProblemException(all.ToProblem());
        }
    }

    private static void Write(Utf8JsonWriter json, Outcome[] outcomes)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var outcome in outcomes)
        {
            if (outcome.Problem is null)
            {
                json.WriteStartObject();
                json.WriteString("id", outcome.Id.Value);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        if (Array.Exists(outcomes, outcome => outcome.Problem is not null))
        {
            WriteErrors(json, outcomes);
        }

        json.WriteEndObject();
    }

    private static void WriteErrors(Utf8JsonWriter json, Outcome[] outcomes)
    {
        json.WriteStartArray("errors");
        for (var index = 0; index < outcomes.Length; index++)
        {
            if (outcomes[index].Problem is { } problem)
            {
                json.WriteStartObject();
                json.WriteNumber("index", index);
                json.WriteString("code", problem.Kind.Code);
                json.WriteString("message", problem.Detail);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }
}
