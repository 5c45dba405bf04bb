namespace Mailroom.Actors;

/// <summary>A mail that the capture provider kept instead of sending it.</summary>
/// <param name="Id">The delivery's id.</param>
/// <param name="At">When it was captured.</param>
/// <param name="From">The From header, as shown.</param>
/// <param name="To">The To header's mailboxes, as shown.</param>
/// <param name="Cc">The Cc header's mailboxes.</param>
/// <param name="Envelope">Every address of the envelope, so also the blind copies.</param>
/// <param name="Subject">Decoded.</param>
/// <param name="Text">Plain text, if any.</param>
/// <param name="Html">HTML, if any. Hostile: show it sandboxed only.</param>
/// <param name="Headers">All headers in order, decoded.</param>
/// <param name="Attachments">What is attached.</param>
/// <param name="Size">Bytes of the raw message.</param>
public sealed record CapturedMail(
    string Id, DateTimeOffset At, string From, IReadOnlyList<string> To, IReadOnlyList<string> Cc, IReadOnlyList<string> Envelope, string Subject,
    string? Text, string? Html, IReadOnlyList<KeyValuePair<string, string>> Headers, IReadOnlyList<CapturedAttachment> Attachments, int Size);

public sealed record CapturedAttachment(string FileName, string ContentType, int Size, string? ContentId);

/// <summary>The newest captured mails, bounded.</summary>
public interface ICapturedMails
{
    /// <summary>Grows with every change.</summary>
    long Version { get; }

    /// <summary>Newest first.</summary>
    IReadOnlyList<CapturedMail> Newest(int limit);

    CapturedMail? Find(string id);

    /// <summary>The message as it would have been sent, or null.</summary>
    ValueTask<byte[]?> RawAsync(string id, CancellationToken cancel);

    /// <summary>Completes when <see cref="Version"/> is above <paramref name="version"/>.</summary>
    Task ChangedAsync(long version, CancellationToken cancel);

    ValueTask ClearAsync(CancellationToken cancel);
}
