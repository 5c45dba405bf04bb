using Mailroom.Actors.Deliveries;

namespace Mailroom.Actors.Streams;

/// <summary>What an entry says: a mail, or why it is none; exactly one of the two.</summary>
/// <param name="DeliveryId">As the entry gave it, bounded and printable; null: it gave none.</param>
/// <param name="Source">As the entry gave it, bounded and printable; null: it gave none.</param>
public sealed record ParsedCommand(NewDelivery? Mail, CommandFailure? Failure, string? DeliveryId, string? Source);

/// <summary>Why an entry is not accepted. The codes are permanent.</summary>
/// <param name="Code">One of the constants here.</param>
/// <param name="Message">What is wrong, with the field's name; at most <see cref="LongestMessage"/> characters.</param>
public sealed record CommandFailure(string Code, string Message)
{
    /// <summary>A field of the entry is missing, unknown, given twice or not usable, or the delivery id is taken.</summary>
    public const string InvalidCommand = "invalid_command";

    /// <summary>The recipients or another address are not usable.</summary>
    public const string InvalidEnvelope = "invalid_envelope";

    /// <summary>The payload is not the JSON that its mode asks for.</summary>
    public const string InvalidPayload = "invalid_payload";

    /// <summary>The catalog has no such template.</summary>
    public const string UnknownTemplate = "unknown_template";

    /// <summary>The idempotency key was used for another command.</summary>
    public const string IdempotencyConflict = "idempotency_conflict";

    /// <summary>The entry or its attachments are larger than allowed.</summary>
    public const string TooLarge = "too_large";

    /// <summary>No entry: some were gone before they were read.</summary>
    public const string Gap = "stream_gap";

    /// <summary>No entry: the stream had begun anew.</summary>
    public const string Reset = "stream_reset";

    public const int LongestMessage = 1000;

    public static readonly CommandFailure KeyTaken = new(IdempotencyConflict, "idempotency_key was used for another command before.");

    public static readonly CommandFailure IdTaken = new(InvalidCommand, "delivery_id is the id of another delivery.");
}
