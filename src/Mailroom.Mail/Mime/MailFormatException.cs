namespace Mailroom.Mail.Mime;

/// <summary>
/// A field of a mail cannot be written as a valid header or part. The message names the field, the cause and the fix,
/// and never repeats the value, so that it may be logged and shown.
/// </summary>
public sealed class MailFormatException(string field, string reason) : FormatException($"{field} {reason}.")
{
    /// <summary>The field at fault: <c>Subject</c>, <c>Attachments[2].FileName</c>, <c>Headers[0].Value</c>.</summary>
    public string Field { get; } = field;

    /// <summary>What is wrong with it, without the field's name and without the value.</summary>
    public string Reason { get; } = reason;
}
