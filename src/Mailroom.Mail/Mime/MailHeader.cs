namespace Mailroom.Mail.Mime;

/// <summary>
/// A header field that the caller adds. <paramref name="Value"/> is the text as a reader shall see it: it is folded, and
/// encoded where it is not ASCII, by the composer. See <see cref="HeaderRules"/> for what is refused.
/// </summary>
public readonly record struct MailHeader(string Name, string Value);
