namespace Mailroom.Mail.Mime;

/// <summary>What one mail may hold at most. They bound the work of composing, whoever calls.</summary>
public static class ComposeLimits
{
    /// <summary>Extra headers.</summary>
    public const int MaxHeaders = 100;

    /// <summary>Octets of all extra headers together, as UTF-8, each with its colon, blank and line end.</summary>
    public const int MaxHeaderBytes = 64 * 1024;

    /// <summary>Characters of a header's name: with its colon it stays inside one line of 78.</summary>
    public const int MaxHeaderNameLength = 76;

    /// <summary>Characters of the subject.</summary>
    public const int MaxSubjectLength = 4096;

    /// <summary>Mailboxes in each of To, Cc and Reply-To.</summary>
    public const int MaxMailboxes = 1000;

    public const int MaxAttachments = 100;

    /// <summary>Characters of a file name, a content type and a message id, each.</summary>
    public const int MaxParameterLength = 255;

    /// <summary>Characters of a content id.</summary>
    public const int MaxContentIdLength = 128;

    /// <summary>Octets of the composed message: room for 40 MB of attachments in base64 and the bodies beside them.</summary>
    public const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>Octets of a line without its CRLF that no implementation may be sent more of (RFC 5322 2.1.1).</summary>
    internal const int HardLine = 998;

    /// <summary>Octets of a line without its CRLF that headers are folded to (RFC 5322 2.1.1).</summary>
    internal const int SoftLine = 78;
}
