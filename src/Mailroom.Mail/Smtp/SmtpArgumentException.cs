namespace Mailroom.Mail.Smtp;

/// <summary>A value that must never reach the wire was refused before a byte was sent. The message names the field and the cause, not the value.</summary>
public sealed class SmtpArgumentException : ArgumentException
{
    public SmtpArgumentException(string field, string cause)
        : base($"{field}: {cause}.") => (Field, Cause) = (field, cause);

    /// <summary>The field at fault, such as <c>recipients[2]</c> or <c>HeloName</c>.</summary>
    public string Field { get; }

    /// <summary>Why it was refused, such as "holds a control character".</summary>
    public string Cause { get; }
}
