using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>
/// Who a mail is from and for, on the wire. An envelope that exists is safe to send: no address in it can end a command
/// or add an argument.
/// </summary>
public sealed class SmtpEnvelope
{
    /// <summary>The most recipients of one envelope. RFC 5321 section 4.5.3.1.8 makes servers take 100; many take 1000.</summary>
    public const int MaxRecipients = 1000;

    private readonly string[] _recipients;
    private readonly string[] _recipientPaths;

    private SmtpEnvelope(string sender, string senderPath, string[] recipients, string[] recipientPaths)
    {
        (Sender, SenderPath, _recipients, _recipientPaths) = (sender, senderPath, recipients, recipientPaths);
        NeedsSmtpUtf8 = !Ascii.IsValid(senderPath) || Array.Exists(recipientPaths, path => !Ascii.IsValid(path));
    }

    /// <summary>The reverse path; empty for a mail that must not bounce (RFC 5321 section 4.5.5).</summary>
    public string Sender { get; }

    /// <summary>1 to <see cref="MaxRecipients"/> addresses.</summary>
    public IReadOnlyList<string> Recipients => _recipients;

    /// <summary>True where a local part is not ASCII, so that only a server with SMTPUTF8 (RFC 6531) can take it.</summary>
    public bool NeedsSmtpUtf8 { get; }

    internal string SenderPath { get; }
    internal ReadOnlySpan<string> RecipientPaths => _recipientPaths;

    /// <summary>Makes an envelope.</summary>
    /// <param name="sender">An address, or "" for the null reverse path.</param>
    /// <param name="recipients">1 to <see cref="MaxRecipients"/> addresses, each at most 254 octets.</param>
    /// <exception cref="SmtpArgumentException">An address, or their number, cannot stand in a command.</exception>
    public static SmtpEnvelope Create(string sender, params IReadOnlyList<string> recipients) =>
        TryCreate(sender, recipients, out var envelope, out var fault) ? envelope : throw fault;

    /// <summary>As <see cref="Create"/>, with the refusal as a value.</summary>
    public static bool TryCreate(
        string sender,
        IReadOnlyList<string> recipients,
        [NotNullWhen(true)] out SmtpEnvelope? envelope,
        [NotNullWhen(false)] out SmtpArgumentException? fault)
    {
        ArgumentNullException.ThrowIfNull(sender);
        ArgumentNullException.ThrowIfNull(recipients);
        envelope = null;
        var senderPath = "";
        if (sender.Length > 0 && SmtpSyntax.CheckAddress(sender, out senderPath) is { } senderCause)
        {
            fault = new SmtpArgumentException("sender", senderCause);
            return false;
        }
        if (recipients.Count is 0 or > MaxRecipients)
        {
            fault = new SmtpArgumentException("recipients", $"must be 1 to {MaxRecipients} addresses, not {recipients.Count}");
            return false;
        }
        var addresses = new string[recipients.Count];
        var paths = new string[recipients.Count];
        for (var i = 0; i < paths.Length; i++)
        {
            addresses[i] = recipients[i];
            if (SmtpSyntax.CheckAddress(addresses[i], out paths[i]) is { } cause)
            {
                fault = new SmtpArgumentException($"recipients[{i}]", cause);
                return false;
            }
        }
        envelope = new SmtpEnvelope(sender, senderPath, addresses, paths);
        fault = null;
        return true;
    }
}
