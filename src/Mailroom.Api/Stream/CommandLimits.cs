namespace Mailroom.Api.Stream;

/// <summary>What a command of the stream may hold; the contract in <c>docs/delivery-commands-asyncapi.yaml</c> says the same.</summary>
public static class CommandLimits
{
    /// <summary>Bytes of all names and values of one entry.</summary>
    public const int EntryBytes = 4 * 1024 * 1024;

    public const int Attachments = 5;

    /// <summary>Characters of base64 of all attachments of one mail together.</summary>
    public const int AttachmentCharacters = 2 * 1024 * 1024;

    /// <summary>Addresses in to, cc and bcc together.</summary>
    public const int Recipients = 50;

    /// <summary>Characters of <c>request_id</c> and <c>trace_id</c>.</summary>
    public const int CorrelationLength = 256;

    /// <summary>Digits of <c>requested_at_ms</c>.</summary>
    public const int TimeDigits = 15;
}
