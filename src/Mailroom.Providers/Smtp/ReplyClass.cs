using System.Globalization;
using System.Text.RegularExpressions;
using Mailroom.Actors.Deliveries;
using Mailroom.Mail.Smtp;

namespace Mailroom.Providers.Smtp;

/// <summary>What an SMTP conversation means for a delivery: a pure table from the client's result to the attempt's report.</summary>
public static partial class ReplyClass
{
    /// <summary>How long a throttled mail waits where the server does not say.</summary>
    private static readonly TimeSpan UntoldThrottle = TimeSpan.FromSeconds(30);

    /// <summary>How long a throttled org makes no calls where the server does not say: sending rates are counted by the second.</summary>
    private static readonly TimeSpan UntoldSlowing = TimeSpan.FromSeconds(5);

    /// <summary>The report of one send.</summary>
    /// <param name="result">What the client saw.</param>
    /// <param name="positions">The envelope positions of <see cref="SmtpResult.Recipients"/>, in their order.</param>
    public static AttemptReport Classify(SmtpResult result, IReadOnlyList<int> positions)
    {
        var report = new AttemptReport
        {
            Status = StatusOf(result.Outcome),
            Reason = ReasonOf(result),
            ReplyCode = result.Reply?.Code ?? 0,
            EnhancedCode = result.Reply?.EnhancedCode?.ToString(),
            Summary = result.Reply is { } reply ? reply.Text : result.Detail,
            RemoteHost = result.RemoteHost,
            Conversation = result.Conversation.ToString(),
            Recipients = Recipients(result, positions),
        };
        return report.Status switch
        {
            AttemptStatus.ProviderRejected when result.Outcome == SmtpOutcome.Rejected && IsSuppression(result.Reply) =>
                report with { Suppressed = true, Reason = "provider_suppressed" },
            AttemptStatus.TransportFailed when Throttle(result.Reply) is { } wait => report with { ThrottledFor = wait, SlowsOrgFor = Slows(result.Reply), Reason = "throttled" },
            _ => report,
        };
    }

    /// <summary>The reply says that this recipient is not to be written to.</summary>
    public static bool IsSuppression(SmtpReply? reply) => reply is { IsPermanent: true } && SuppressionWords().IsMatch(reply.Text);

    /// <summary>How long to wait when the reply asks for less mail, or null when it does not.</summary>
    public static TimeSpan? Throttle(SmtpReply? reply)
    {
        if (reply is not { Code: 421 or 450 or 451 or 454 } || !ThrottleWords().IsMatch(reply.Text))
        {
            return null;
        }

        return Told(reply) ?? UntoldThrottle;
    }

    /// <summary>
    /// How long the org should make no calls at all, or null where the server speaks of one mail or recipient only (450, 451). RFC 5321
    /// section 3.8: 421 closes the whole channel; 454 is the word of Amazon SES for a sending rate that was exceeded.
    /// </summary>
    public static TimeSpan? Slows(SmtpReply? reply) =>
        reply is { Code: 421 or 454 } && Throttle(reply) is not null ? Told(reply) ?? UntoldSlowing : null;

    private static TimeSpan? Told(SmtpReply reply)
    {
        var told = WaitWords().Match(reply.Text);
        if (!told.Success || !int.TryParse(told.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        return char.ToLowerInvariant(told.Groups["unit"].ValueSpan[0]) switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            _ => TimeSpan.FromHours(number),
        };
    }

    private static AttemptStatus StatusOf(SmtpOutcome outcome) => outcome switch
    {
        SmtpOutcome.Accepted or SmtpOutcome.PartiallyAccepted => AttemptStatus.ProviderAccepted,
        SmtpOutcome.Rejected or SmtpOutcome.AuthenticationFailed or SmtpOutcome.UnsupportedByServer => AttemptStatus.ProviderRejected,
        SmtpOutcome.Deferred or SmtpOutcome.AuthenticationDeferred or SmtpOutcome.StartTlsUnavailable or SmtpOutcome.TlsFailed
            or SmtpOutcome.ConnectFailed or SmtpOutcome.ConnectionLost or SmtpOutcome.ProtocolError => AttemptStatus.TransportFailed,
        SmtpOutcome.TimedOut => AttemptStatus.TimedOut,
        SmtpOutcome.Uncertain => AttemptStatus.Uncertain,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not an outcome of a send."),
    };

    /// <summary>Permanent words: they are stored and counted.</summary>
    private static string? ReasonOf(SmtpResult result) => result.Outcome switch
    {
        SmtpOutcome.Accepted => null,
        SmtpOutcome.PartiallyAccepted => "some_recipients_refused",
        SmtpOutcome.Rejected => "smtp_rejected",
        SmtpOutcome.AuthenticationFailed => "authentication_failed",
        SmtpOutcome.UnsupportedByServer => "unsupported_by_server",
        SmtpOutcome.Deferred => "smtp_deferred",
        SmtpOutcome.AuthenticationDeferred => "authentication_deferred",
        SmtpOutcome.StartTlsUnavailable => "starttls_unavailable",
        SmtpOutcome.TlsFailed => "tls_failed",
        SmtpOutcome.ConnectFailed => "connect_failed",
        SmtpOutcome.ConnectionLost => "connection_lost",
        SmtpOutcome.ProtocolError => "protocol_error",
        SmtpOutcome.TimedOut => "smtp_timeout",
        SmtpOutcome.Uncertain => "uncertain_after_data",
        _ => throw new ArgumentOutOfRangeException(nameof(result), result.Outcome, "Not an outcome of a send."),
    };

    /// <summary>One by one where they fared differently; none where the report speaks for all.</summary>
    private static IReadOnlyList<RecipientOutcome> Recipients(SmtpResult result, IReadOnlyList<int> positions)
    {
        var all = result.Recipients;
        var mixed = false;
        for (var i = 1; i < all.Count && !mixed; i++)
        {
            mixed = all[i].Outcome != all[0].Outcome;
        }

        if (!mixed)
        {
            return [];
        }

        var outcomes = new RecipientOutcome[all.Count];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = new(positions[i], StatusOf(all[i]), all[i].Reply?.ToString());
        }

        return outcomes;
    }

    private static RecipientStatus StatusOf(SmtpRecipientResult recipient) => recipient.Outcome switch
    {
        SmtpRecipientOutcome.Accepted => RecipientStatus.Sent,
        SmtpRecipientOutcome.Rejected => IsSuppression(recipient.Reply) ? RecipientStatus.Suppressed : RecipientStatus.Failed,
        SmtpRecipientOutcome.Deferred or SmtpRecipientOutcome.NotReached => RecipientStatus.Pending,
        SmtpRecipientOutcome.Uncertain => RecipientStatus.Uncertain,
        _ => throw new ArgumentOutOfRangeException(nameof(recipient), recipient.Outcome, "Not an outcome of a recipient."),
    };

    [GeneratedRegex(@"suppress|unsubscribed|recipient (is |address )?blocked|blocked recipient|blocked by (policy|recipient)|recipient .{0,40}do not mail",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex SuppressionWords();

    [GeneratedRegex(@"throttl|rate.?limit|sending rate|rate exceeded|too (many|fast|much)|slow down|try again (in|after) \d",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex ThrottleWords();

    [GeneratedRegex(@"(in|after) (?<n>\d{1,5}) ?(?<unit>s(ec)?|m(in)?|h(our)?)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex WaitWords();
}
