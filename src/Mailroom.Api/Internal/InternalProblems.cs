using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Internal;

/// <summary>The kinds of problems that only the internal listener answers with, beside those of the public one.</summary>
internal static class InternalProblems
{
    public static readonly ProblemKind Unauthorized = new(
        "unauthorized", 401, "A token is needed", "unauthorized", "Send Authorization: Bearer and the internal token.");

    public static readonly ProblemKind InvalidRequest = new(
        "invalid_request", 400, "A field or a parameter is not valid", "validation_error", "The list of errors names each one and what is wrong with it.");

    public static readonly ProblemKind IdempotencyConflict = new(
        "idempotency_conflict", 409, "The Idempotency-Key was used for other content", "validation_error", "Use a new key for a new request.");

    public static readonly ProblemKind NotTerminal = new(
        "not_terminal", 409, "The delivery has not ended", "validation_error", "Wait until it has ended, or cancel it first.");

    public static readonly ProblemKind NothingUnsent = new(
        "nothing_unsent", 409, "Every recipient was written to", "validation_error", "Send recipients: all to write to all of them again.");

    public static readonly ProblemKind Conflict = new(
        "conflict", 409, "The state does not allow it", "validation_error", "Read the current state first.");

    public static readonly ProblemKind TooManyKeys = new(
        "too_many_keys", 409, "The org has as many keys as it can have", "validation_error", "Revoke a key that is not used any more.");

    public static readonly ProblemKind Timeout = new(
        "timeout", 504, "The store did not answer in time", "application_error", "Repeat the request; narrow a listing by more filters.");

    /// <summary>The codes of refusals that are told as they are, under 409.</summary>
    private static readonly string[] Conflicts = ["in_flight", "already_final", "not_scheduled", "id_taken", "not_uncertain", "org_exists"];

    /// <summary>The problem of a command that was not done.</summary>
    /// <param name="answer">The core's answer, any but <see cref="Done"/> and <see cref="Accepted"/>.</param>
    public static Problem Of(object answer) => answer switch
    {
        Refused { Code: "not_found" } => new Problem(ProblemKinds.NotFound, "There is no delivery with this id."),
        Refused { Code: "org_not_found" } => new Problem(ProblemKinds.NotFound, "There is no org with this id."),
        Refused { Code: "invalid_rps" or "invalid_name" or "after_expiry" } refused => new Problem(InvalidRequest, refused.Message),
        Refused refused when Conflicts.Contains(refused.Code) => new Problem(Conflict with { Code = refused.Code }, refused.Message),
        Refused refused => new Problem(Conflict, refused.Message),
        IdempotencyHit { Same: false } => Problem.Of(IdempotencyConflict),
        NotDone notDone when notDone == NotDone.Late => new Problem(
            ProblemKinds.OutcomeUnknown, "There was no answer in time. It may still take effect: read the current state, or repeat the request with the same Idempotency-Key."),
        _ => IntakeAnswer.ProblemOf(answer),
    };
}
