using System.Globalization;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Providers.Capture;

/// <summary>
/// Recipients under <c>mailroom.test</c> act out an outcome, named before the plus sign: <c>bounced+anything@mailroom.test</c>.
/// <c>bounced</c>, <c>softbounce</c>, <c>suppressed</c>, <c>timeout</c>, <c>uncertain</c>, or an SMTP reply code from 400 to 599;
/// everything else is delivered.
/// </summary>
internal static class TestRecipients
{
    private const string Domain = "@mailroom.test";

    /// <summary>What to report of a mail to this address, or null when it is simply captured.</summary>
    public static AttemptReport? Outcome(string address)
    {
        if (!address.EndsWith(Domain, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var local = address[..^Domain.Length];
        var plus = local.IndexOf('+', StringComparison.Ordinal);
        var word = (plus < 0 ? local : local[..plus]).ToLowerInvariant();
        return word switch
        {
            "bounced" => Reply(550, "5.1.1", "no such mailbox"),
            "softbounce" => Reply(451, "4.3.0", "try again later"),
            "suppressed" => Reply(550, "5.7.1", "recipient is on the suppression list") with { Suppressed = true, Reason = "provider_suppressed" },
            "timeout" => new() { Status = AttemptStatus.TimedOut, Reason = "smtp_timeout", Summary = "acted out: no reply in time", RemoteHost = "capture" },
            "uncertain" => new() { Status = AttemptStatus.Uncertain, Reason = "connection_lost", Summary = "acted out: lost after the final dot", RemoteHost = "capture" },
            _ => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 400 and <= 599
                ? Reply(code, null, "acted out")
                : null,
        };
    }

    private static AttemptReport Reply(int code, string? enhanced, string text) => new()
    {
        Status = code < 500 ? AttemptStatus.TransportFailed : AttemptStatus.ProviderRejected,
        Reason = code < 500 ? "smtp_deferred" : "smtp_rejected",
        ReplyCode = code,
        EnhancedCode = enhanced,
        Summary = text,
        RemoteHost = "capture",
    };
}
