using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary><c>POST /api/v1/internal/dead-letters/redrive</c>: dead letters again, many at once.</summary>
/// <param name="operators">Finds them.</param>
/// <param name="deliveries">Has what they said.</param>
/// <param name="intake">Takes them again.</param>
/// <param name="bodies">Reads the request.</param>
/// <param name="clock">Measures the patience.</param>
/// <param name="patience">How long new ones are begun; the request's own time is longer.</param>
internal sealed class Redrive(
    IOperatorReads operators, IDeliveryStore deliveries, IIntake intake, InternalBodies bodies, TimeProvider clock, TimeSpan patience)
{
    private const int Usual = 100;
    private const int Most = 1000;

    /// <summary>More are counted as this many.</summary>
    private const long MostCounted = 100_000;

    /// <summary>Dead letters that are looked for at one time, and sent again at one time: each may be a large mail.</summary>
    private const int Together = 8;

    private static readonly string[] Fields = ["org", "source", "failure_classification", "since", "until", "dry_run", "limit"];

    /// <summary>
    /// Sends dead letters again that nothing repeats yet, newest first, to the recipients that were not written to. Safe to repeat: each
    /// has a key of its own, so that two operators at one time send it once.
    /// </summary>
    public async Task HandleAsync(HttpContext context, CancellationToken reads)
    {
        var asked = await bodies.ReadAsync(context, Fields, new Asked(), Read, static (_, _) => { });
        var count = await operators.CountDeadLettersAsync(asked.Filter, MostCounted, reads);
        if (asked.IsDryRun)
        {
            await Reply.JsonAsync(context, StatusCodes.Status200OK, count, WriteCount);
            return;
        }

        var driven = await RedriveAsync(asked, TraceParent.Of(context), reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, (driven, count), WriteRedriven);
    }

    /// <summary>Goes on until the limit or the end of its time: what is left is told, and a second call takes it up.</summary>
    private async Task<Redriven> RedriveAsync(Asked asked, string? traceParent, CancellationToken reads)
    {
        var started = clock.GetTimestamp();
        var driven = new Redriven();
        DeliveryCursor? after = null;
        while (driven.Tried < asked.Limit && clock.GetElapsedTime(started) < patience)
        {
            var few = await operators.DeadLettersAsync(asked.Filter, after, Math.Min(Together, asked.Limit - driven.Tried), reads);
            if (few.Count == 0)
            {
                break;
            }

            after = new DeliveryCursor(few[^1].CreatedAt, few[^1].Delivery.Value);
            foreach (var (parent, outcome) in await Task.WhenAll(few.Select(dead => RepeatAsync(dead.Delivery, traceParent, reads))))
            {
                driven.Note(parent, outcome);
            }

            if (driven.IsRefused)
            {
                break;
            }
        }

        return driven;
    }

    private async Task<(DeliveryId Parent, object Outcome)> RepeatAsync(DeliveryId dead, string? traceParent, CancellationToken reads)
    {
        if (await deliveries.FindAsync(null, dead, reads) is not { } parent)
        {
            return (dead, new Problem(ProblemKinds.NotFound, "The delivery was deleted for its age."));
        }

        try
        {
            var repeat = DeliveryRepeat.Of(parent, RepeatTo.Unsent, DeliveryRepeat.RedriveKey(dead)) with { TraceParent = traceParent };
            return (dead, await intake.AcceptAsync(repeat));
        }
        catch (ProblemException refused)
        {
            // Every recipient has been written to, or the status has moved on: this one is left out and the others go on.
            return (dead, refused.Problem);
        }
    }

    private static void Read(ref JsonFields json, string name, Asked asked)
    {
        if (json.IsNull)
        {
            return;
        }

        switch (name)
        {
            case "org":
                asked.Filter = asked.Filter with { Org = Org(ref json, name) };
                break;
            case "source":
                asked.Filter = asked.Filter with { Source = json.Line(name, 64) };
                break;
            case "failure_classification":
                asked.Filter = asked.Filter with { FailureClassification = json.Line(name, 64) };
                break;
            case "since":
                asked.Filter = asked.Filter with { Since = Time(ref json, name) };
                break;
            case "until":
                asked.Filter = asked.Filter with { Until = Time(ref json, name) };
                break;
            case "dry_run":
                asked.IsDryRun = Flag(ref json, name);
                break;
            case "limit":
                asked.Limit = Limit(ref json, name);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "Not a field of a redrive.");
        }
    }

    private static OrgId? Org(ref JsonFields json, string name) =>
        json.Line(name, 128) is not { } text ? null
        : OrgId.TryParse(text, out var org) ? org
        : Wrong<OrgId>(ref json, name, "is not an org's id");

    private static Instant? Time(ref JsonFields json, string name) =>
        json.Line(name, 64) is not { } text ? null
        : SendTime.TryTime(text, out var time) ? Instant.From(time)
        : Wrong<Instant>(ref json, name, "must be an RFC 3339 time with its offset, for example 2026-01-31T09:30:00Z");

    private static bool Flag(ref JsonFields json, string name)
    {
        if (json.Token is JsonTokenType.True or JsonTokenType.False)
        {
            return json.Token == JsonTokenType.True;
        }

        json.Wrong(name, "true or false");
        return false;
    }

    private static int Limit(ref JsonFields json, string name)
    {
        if (json.Token == JsonTokenType.Number && json.TryInt(out var limit) && limit is >= 1 and <= Most)
        {
            return limit;
        }

        json.Wrong(name, $"a number from 1 to {Most}");
        return Usual;
    }

    private static T? Wrong<T>(ref JsonFields json, string name, string message)
        where T : struct
    {
        json.Faults.Add(name, message);
        return null;
    }

    private static void WriteCount(Utf8JsonWriter json, long count)
    {
        json.WriteStartObject();
        json.WriteNumber("count", count);
        json.WriteBoolean("capped", count >= MostCounted);
        json.WriteEndObject();
    }

    private static void WriteRedriven(Utf8JsonWriter json, (Redriven Driven, long Count) result)
    {
        var (driven, count) = result;
        json.WriteStartObject();
        json.WriteNumber("count", driven.Accepted.Count);
        json.WriteStartArray("redriven");
        foreach (var (parent, id) in driven.Accepted)
        {
            json.WriteStartObject();
            json.WriteString("parent_id", parent.Value);
            json.WriteString("delivery_id", id.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("left_out");
        foreach (var (parent, code, message) in driven.LeftOut)
        {
            json.WriteStartObject();
            json.WriteString("delivery_id", parent.Value);
            json.WriteString("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("remaining", Math.Max(0, count - driven.Accepted.Count));
        json.WriteBoolean("capped", count >= MostCounted);
        json.WriteEndObject();
    }

    private sealed class Asked
    {
        public DeadLetterFilter Filter { get; set; } = new() { NotRepeated = true };

        public bool IsDryRun { get; set; }

        public int Limit { get; set; } = Usual;
    }

    /// <summary>What became of a redrive, so far.</summary>
    private sealed class Redriven
    {
        public List<(DeliveryId Parent, DeliveryId Id)> Accepted { get; } = [];

        public List<(DeliveryId Parent, string Code, string Message)> LeftOut { get; } = [];

        public int Tried => Accepted.Count + LeftOut.Count;

        /// <summary>The service takes no more at the moment.</summary>
        public bool IsRefused { get; private set; }

        public void Note(DeliveryId parent, object outcome)
        {
            switch (outcome)
            {
                case Accepted accepted:
                    Accepted.Add((parent, accepted.Id));
                    break;
                case IdempotencyHit { Same: true } hit:
                    // Another operator was faster: it is on its way.
                    Accepted.Add((parent, hit.Existing));
                    break;
                case Problem problem:
                    LeaveOut(parent, problem);
                    break;
                default:
                    LeaveOut(parent, InternalProblems.Of(outcome));
                    IsRefused |= outcome is NotDone;
                    break;
            }
        }

        private void LeaveOut(DeliveryId parent, Problem problem) => LeftOut.Add((parent, problem.Kind.Code, problem.Detail));
    }
}
