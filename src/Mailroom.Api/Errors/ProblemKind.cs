using System.Collections.Frozen;

namespace Mailroom.Api.Errors;

/// <summary>One way in which a request can fail (RFC 9457). The code is permanent.</summary>
/// <param name="Code">Mailroom's word.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">The same for every occurrence.</param>
/// <param name="Name">The word that Resend's clients know for it.</param>
/// <param name="Remedy">What the caller can do.</param>
internal sealed record ProblemKind(string Code, int Status, string Title, string Name, string Remedy)
{
    /// <summary>A reference to the error's line in the documentation.</summary>
    public string Type { get; } = "/docs#error-" + Code;
}

/// <summary>Every kind of problem that the public listener answers with.</summary>
internal static class ProblemKinds
{
    public static readonly ProblemKind InvalidJson = new(
        "invalid_json", 400, "The body is not valid JSON", "validation_error", "Send UTF-8 JSON without comments, trailing commas or repeated keys.");

    public static readonly ProblemKind InvalidIdempotencyKey = new(
        "invalid_idempotency_key", 400, "The Idempotency-Key is not usable", "invalid_idempotency_key", "Send one key of 1 to 256 printable ASCII characters, or none.");

    public static readonly ProblemKind InvalidSetting = new(
        "invalid_setting", 400, "A setting is not valid", "validation_error", "The list of errors names each setting and what it can be.");

    public static readonly ProblemKind MissingApiKey = new(
        "missing_api_key", 401, "No API key was given", "missing_api_key", "Send the header Authorization: Bearer mr_….");

    public static readonly ProblemKind InvalidApiKey = new(
        "invalid_api_key", 403, "The API key is not valid", "invalid_api_key", "Use a key that exists and is not revoked.");

    public static readonly ProblemKind NotFound = new(
        "not_found", 404, "There is nothing here", "not_found", "Check the path and the id; ids of another org are not found either.");

    public static readonly ProblemKind MethodNotAllowed = new(
        "method_not_allowed", 405, "The method is not allowed here", "method_not_allowed", "Use one of the methods that the Allow header names.");

    public static readonly ProblemKind RequestTimeout = new(
        "request_timeout", 408, "The request took too long to arrive", "application_error", "Send the body faster.");

    public static readonly ProblemKind ConcurrentIdempotentRequests = new(
        "concurrent_idempotent_requests", 409, "The first request with this key is still under way", "concurrent_idempotent_requests", "Repeat the request later.");

    public static readonly ProblemKind InFlight = new(
        "in_flight", 409, "The mail is being sent", "validation_error", "Wait for the attempt to end.");

    public static readonly ProblemKind AlreadyFinal = new(
        "already_final", 409, "The mail's fate is settled", "validation_error", "Nothing can be changed any more.");

    public static readonly ProblemKind NotScheduled = new(
        "not_scheduled", 409, "The mail is not scheduled", "validation_error", "Only a scheduled mail can be moved.");

    public static readonly ProblemKind IdTaken = new(
        "id_taken", 409, "The id is taken", "validation_error", "Repeat the request.");

    public static readonly ProblemKind TooLarge = new(
        "too_large", 413, "The request is too large", "validation_error", "Send less, or split it.");

    public static readonly ProblemKind UnsupportedMediaType = new(
        "unsupported_media_type", 415, "The body has to be JSON", "validation_error", "Send Content-Type: application/json, in UTF-8 and not compressed.");

    public static readonly ProblemKind HostNotAllowed = new(
        "host_not_allowed", 421, "This host name is not served", "validation_error", "Open the page by 127.0.0.1, [::1] or localhost.");

    public static readonly ProblemKind ValidationError = new(
        "validation_error", 422, "A field is not valid", "validation_error", "The list of errors names each field and what is wrong with it.");

    public static readonly ProblemKind MissingRequiredField = new(
        "missing_required_field", 422, "A required field is missing", "missing_required_field", "The list of errors names each missing field.");

    public static readonly ProblemKind InvalidAttachment = new(
        "invalid_attachment", 422, "An attachment is not valid", "invalid_attachment", "Send a file name and the content in base64; addresses are not fetched.");

    public static readonly ProblemKind InvalidFromAddress = new(
        "invalid_from_address", 422, "The from address is not valid", "invalid_from_address", "Send one mailbox: name@example.com or Name <name@example.com>.");

    public static readonly ProblemKind UnknownTemplate = new(
        "unknown_template", 422, "There is no such template", "validation_error", "Use the id of a template in the catalog.");

    public static readonly ProblemKind AfterExpiry = new(
        "after_expiry", 422, "The mail would expire before it is sent", "validation_error", "Choose an expires_at in the future and after scheduled_at.");

    public static readonly ProblemKind InvalidIdempotentRequest = new(
        "invalid_idempotent_request", 422, "The Idempotency-Key was used for other content", "invalid_idempotent_request", "Use a new key for a new mail.");

    public static readonly ProblemKind InternalError = new(
        "internal_server_error", 500, "Something went wrong here", "internal_server_error", "Repeat the request with the same Idempotency-Key; tell the operator the trace_id.");

    public static readonly ProblemKind Busy = new(
        "busy", 503, "Too much is waiting", "application_error", "Nothing was stored. Repeat the request after Retry-After seconds.");

    public static readonly ProblemKind Unavailable = new(
        "unavailable", 503, "The service cannot answer at the moment", "application_error", "Repeat the request after Retry-After seconds.");

    public static readonly ProblemKind OutcomeUnknown = new(
        "outcome_unknown", 504, "No answer in time", "application_error", "The mail may still be accepted. Repeat the request with the same Idempotency-Key.");

    public static readonly IReadOnlyList<ProblemKind> All =
    [
        InvalidJson, InvalidIdempotencyKey, InvalidSetting, MissingApiKey, InvalidApiKey, NotFound, MethodNotAllowed, RequestTimeout, ConcurrentIdempotentRequests,
        InFlight, AlreadyFinal, NotScheduled, IdTaken, TooLarge, UnsupportedMediaType, HostNotAllowed, ValidationError, MissingRequiredField,
        InvalidAttachment, InvalidFromAddress, UnknownTemplate, AfterExpiry, InvalidIdempotentRequest, InternalError, Busy, Unavailable, OutcomeUnknown,
    ];

    private static readonly FrozenDictionary<string, ProblemKind> ByCode = All.ToFrozenDictionary(kind => kind.Code);

    /// <summary>The kind for a refusal of the core; one without a kind of its own is a <see cref="ValidationError"/>.</summary>
    public static ProblemKind ForRefusal(string code) => ByCode.GetValueOrDefault(code, ValidationError);
}
