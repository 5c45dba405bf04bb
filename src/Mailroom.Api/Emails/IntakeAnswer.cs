using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>What the core's answers mean to a caller.</summary>
internal static class IntakeAnswer
{
    private static readonly Problem Late = new(
        ProblemKinds.OutcomeUnknown,
        "There was no answer in time. The mail may still be accepted: repeat the request with the same Idempotency-Key to find out without sending twice.");

    /// <summary>The id of the accepted mail, or the problem.</summary>
    public static Outcome Of(object answer) => answer switch
    {
        Accepted accepted => new Outcome(accepted.Id, false, null),
        IdempotencyHit { Same: true } hit => new Outcome(hit.Existing, true, null),
        IdempotencyHit => new Outcome(default, false, new Problem(
            ProblemKinds.InvalidIdempotentRequest, "This Idempotency-Key was used for other content. Use a new key for a new mail.")),
        Refused { Code: "in_flight" } refused => new Outcome(default, false, new Problem(ProblemKinds.ConcurrentIdempotentRequests, refused.Message)),
        _ => new Outcome(default, false, ProblemOf(answer)),
    };

    /// <summary>The problem of a command that was not done.</summary>
    public static Problem ProblemOf(object answer) => answer switch
    {
        Refused { Code: "not_found" } => new Problem(ProblemKinds.NotFound, "There is no email with this id."),
        Refused refused => new Problem(ProblemKinds.ForRefusal(refused.Code), refused.Message),
        NotDone notDone when notDone == NotDone.Busy => new Problem(
            ProblemKinds.Busy, "Too much mail is waiting at the moment. Nothing was stored: repeat the request.") { RetryAfter = 1 },
        NotDone notDone when notDone == NotDone.Stopping || notDone == NotDone.NotOwner => new Problem(
            ProblemKinds.Unavailable, "This node does not take the request at the moment. Nothing was stored: repeat it.") { RetryAfter = 1 },
        NotDone notDone when notDone == NotDone.Late => Late,
        NotDone => Problem.Of(ProblemKinds.InternalError),
        _ => throw new InvalidOperationException($"The core gave an answer that the edge does not know: {answer.GetType().Name}."),
    };
}

/// <summary>What became of one mail: its id, or why it was not accepted.</summary>
internal readonly record struct Outcome(DeliveryId Id, bool Replayed, Problem? Problem);
