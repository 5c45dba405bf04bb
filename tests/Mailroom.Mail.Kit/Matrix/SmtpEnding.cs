using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit.Matrix;

/// <summary>How an attempt ends: the client's outcome, and what the delivery makes of it under the stored names.</summary>
/// <param name="Outcome">What the client says.</param>
/// <param name="Attempt">The attempt's status.</param>
/// <param name="Reason">The attempt's reason.</param>
/// <param name="Mail">The delivery's status after its first attempt, with steps of the ladder left.</param>
/// <param name="Counts">The attempt uses up a step of the ladder.</param>
public sealed record SmtpEnding(SmtpOutcome Outcome, string Attempt, string? Reason, string Mail, bool Counts = true)
{
    public static readonly SmtpEnding Accepted = new(SmtpOutcome.Accepted, "provider_accepted", null, "sent");

    /// <summary>At least one recipient was taken and another has to be tried again.</summary>
    public static readonly SmtpEnding PartlyWaits = new(SmtpOutcome.PartiallyAccepted, "provider_accepted", "some_recipients_refused", "queued");

    /// <summary>At least one recipient was taken, the others were refused for good.</summary>
    public static readonly SmtpEnding PartlySent = PartlyWaits with { Mail = "sent" };

    public static readonly SmtpEnding Rejected = new(SmtpOutcome.Rejected, "provider_rejected", "smtp_rejected", "failed");
    public static readonly SmtpEnding Suppressed = Rejected with { Reason = "provider_suppressed", Mail = "suppressed" };
    public static readonly SmtpEnding Unsupported = new(SmtpOutcome.UnsupportedByServer, "provider_rejected", "unsupported_by_server", "failed");
    public static readonly SmtpEnding NoLogin = new(SmtpOutcome.AuthenticationFailed, "provider_rejected", "authentication_failed", "failed");
    public static readonly SmtpEnding Deferred = new(SmtpOutcome.Deferred, "transport_failed", "smtp_deferred", "queued");
    public static readonly SmtpEnding Throttled = Deferred with { Reason = "throttled", Counts = false };
    public static readonly SmtpEnding LoginDeferred = new(SmtpOutcome.AuthenticationDeferred, "transport_failed", "authentication_deferred", "queued");
    public static readonly SmtpEnding LoginThrottled = LoginDeferred with { Reason = "throttled", Counts = false };
    public static readonly SmtpEnding NoStartTls = new(SmtpOutcome.StartTlsUnavailable, "transport_failed", "starttls_unavailable", "queued");
    public static readonly SmtpEnding NoTls = new(SmtpOutcome.TlsFailed, "transport_failed", "tls_failed", "queued");
    public static readonly SmtpEnding NotConnected = new(SmtpOutcome.ConnectFailed, "transport_failed", "connect_failed", "queued");
    public static readonly SmtpEnding Lost = new(SmtpOutcome.ConnectionLost, "transport_failed", "connection_lost", "queued");
    public static readonly SmtpEnding NoSmtp = new(SmtpOutcome.ProtocolError, "transport_failed", "protocol_error", "queued");
    public static readonly SmtpEnding TimedOut = new(SmtpOutcome.TimedOut, "timed_out", "smtp_timeout", "queued");

    /// <summary>Queued under the policy <c>retry</c>; <c>hold</c> and <c>fail</c> have their own status.</summary>
    public static readonly SmtpEnding Uncertain = new(SmtpOutcome.Uncertain, "uncertain", "uncertain_after_data", "queued");
}

/// <summary>What becomes of the connection.</summary>
public enum SmtpThen
{
    /// <summary>The server has closed it, or it never stood. The next mail goes over another.</summary>
    ServerCloses,
    /// <summary>The client closes it at once, without a word, and never uses it again.</summary>
    ClientCloses,
    /// <summary>The client says QUIT and does not use it again.</summary>
    ClientQuits,
    /// <summary>The next mail goes over it.</summary>
    Kept,
    /// <summary>The next mail goes over it, after RSET.</summary>
    KeptAfterReset,
}
