using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Streams;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Stream;

/// <summary>
/// Reads the commands of the stream, as <c>docs/delivery-commands-asyncapi.yaml</c> describes them. Strict: an unknown, repeated or
/// missing field, and whatever does not parse, refuses the command.
/// </summary>
/// <param name="templates">The catalog that a template has to be in.</param>
/// <param name="from">The sender of all commands, which name none.</param>
/// <param name="org">Whose mail the stream brings.</param>
public sealed class CommandParser(ITemplates templates, Mailbox from, OrgId org) : ICommandParser
{
    /// <summary>The one source that the stream takes mail from.</summary>
    public const string Source = "notification";

    /// <summary>The mode of a payload that says what is sent.</summary>
    public const string Rendered = "rendered";

    /// <summary>The mode of a payload that names a template.</summary>
    public const string Template = "template";

    private const int MaxIdLength = 128;
    private const int MaxWordLength = 32;

    public ParsedCommand Parse(StreamEntry entry)
    {
        var faults = new Faults();
        var fields = EntryFields.Read(entry, faults);
        var (id, source) = (fields.Shown(EntryFields.DeliveryId), fields.Shown(EntryFields.Source));
        if (entry.IsCut || entry.Size > CommandLimits.EntryBytes)
        {
            return new(null, new(CommandFailure.TooLarge, $"The entry is larger than {CommandLimits.EntryBytes} bytes."), id, source);
        }

        var mail = Read(fields, faults);
        return mail is not null ? new(mail, null, id, source) : new(null, Failure(faults), id, source);
    }

    private NewDelivery? Read(EntryFields fields, Faults faults)
    {
        var id = ReadId(fields, faults);
        ReadSource(fields, faults);
        var isTemplate = ReadMode(fields, faults);
        var key = ReadKey(fields, faults);
        var requestedAt = ReadTime(fields, faults);
        fields.Text(EntryFields.RequestId, required: false, CommandLimits.CorrelationLength, faults);
        fields.Text(EntryFields.TraceId, required: false, CommandLimits.CorrelationLength, faults);
        if (fields.Value(EntryFields.Payload) is not { } payload)
        {
            faults.Add(EntryFields.Payload, "is missing", ProblemKinds.MissingRequiredField);
            return null;
        }

        if (faults.Any || ReadPayload(payload.Span, isTemplate, faults) is not { } request)
        {
            return null;
        }

        return new NewDelivery
        {
            Org = org,
            Source = Source,
            Id = id,
            Request = request,
            TraceParent = fields.Value(EntryFields.TraceParent) is { } trace ? Http.TraceParent.Of(trace.Span) : null,
            IdempotencyKey = key,
            Fingerprint = CommandFingerprint.Of(id, requestedAt, request),
        };
    }

    private static DeliveryId ReadId(EntryFields fields, Faults faults)
    {
        var text = fields.Text(EntryFields.DeliveryId, required: true, MaxIdLength, faults);
        if (!DeliveryId.TryParse(text, out var id) && text is not null)
        {
            faults.Add(EntryFields.DeliveryId, $"must be 1 to {MaxIdLength} letters, digits, dots, underscores and hyphens");
        }

        return id;
    }

    private static void ReadSource(EntryFields fields, Faults faults)
    {
        if (fields.Text(EntryFields.Source, required: true, MaxWordLength, faults) is { } source && source != Source)
        {
            faults.Add(EntryFields.Source, $"must be {Source}");
        }
    }

    private static bool ReadMode(EntryFields fields, Faults faults)
    {
        var mode = fields.Text(EntryFields.PayloadMode, required: true, MaxWordLength, faults);
        if (mode is not (null or Rendered or Template))
        {
            faults.Add(EntryFields.PayloadMode, $"must be {Rendered} or {Template}");
        }

        return mode == Template;
    }

    private static string? ReadKey(EntryFields fields, Faults faults)
    {
        var key = fields.Text(EntryFields.IdempotencyKey, required: true, IdempotencyKey.MaxLength, faults);
        if (key is not null && !IdempotencyKey.IsUsable(key))
        {
            faults.Add(EntryFields.IdempotencyKey, "must be made of printable ASCII characters");
        }

        return key;
    }

    private static long ReadTime(EntryFields fields, Faults faults)
    {
        var text = fields.Text(EntryFields.RequestedAt, required: true, CommandLimits.TimeDigits, faults);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && text is not null)
        {
            faults.Add(EntryFields.RequestedAt, "must be milliseconds since 1970, in decimal digits");
        }

        return at;
    }

    private DeliveryRequest? ReadPayload(ReadOnlySpan<byte> payload, bool isTemplate, Faults faults)
    {
        if (!Utf8.IsValid(payload))
        {
            faults.Add(EntryFields.Payload, "is not valid UTF-8");
            return null;
        }

        try
        {
            var json = new JsonFields(payload, faults);
            return new PayloadDraft(templates, isTemplate).Read(ref json, from);
        }
        catch (JsonException why)
        {
            faults.Add(
                EntryFields.Payload,
                why.LineNumber is { } line
                    ? $"is not valid JSON, or is nested too deeply, at line {line + 1}, byte {why.BytePositionInLine + 1}"
                    : $"is not valid JSON: {why.Message.TrimEnd('.')}");
            return null;
        }
    }

    /// <summary>The first fault decides the code.</summary>
    private static CommandFailure Failure(Faults faults)
    {
        var first = faults.All[0];
        var message = $"{(first.Field.Length == 0 ? "The entry" : first.Field)} {first.Message}.";
        if (faults.Count > 1)
        {
            message += faults.Count == 2 ? " There is 1 more error." : $" There are {faults.Count - 1} more errors.";
        }

        return new(Code(first), message.Length <= CommandFailure.LongestMessage ? message : message[..CommandFailure.LongestMessage]);
    }

    private static string Code(Fault fault)
    {
        if (fault.Kind == ProblemKinds.TooLarge)
        {
            return CommandFailure.TooLarge;
        }

        if (fault.Kind == ProblemKinds.UnknownTemplate)
        {
            return CommandFailure.UnknownTemplate;
        }

        var isAbsent = fault.Field == EntryFields.Payload && fault.Kind == ProblemKinds.MissingRequiredField;
        if (isAbsent || !fault.Field.StartsWith(EntryFields.Payload, StringComparison.Ordinal))
        {
            return CommandFailure.InvalidCommand;
        }

        var member = fault.Field.AsSpan(Math.Min(EntryFields.Payload.Length + 1, fault.Field.Length));
        var end = member.IndexOf('[');
        return (end < 0 ? member : member[..end]) is "to" or "cc" or "bcc" or "reply_to" ? CommandFailure.InvalidEnvelope : CommandFailure.InvalidPayload;
    }
}
