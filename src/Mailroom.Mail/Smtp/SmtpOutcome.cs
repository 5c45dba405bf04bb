namespace Mailroom.Mail.Smtp;

/// <summary>How one send ended. Every outcome but <see cref="Uncertain"/> is certain about who has the mail.</summary>
public enum SmtpOutcome
{
    /// <summary>The server took the message for every recipient (2xx after the final dot).</summary>
    Accepted,

    /// <summary>The server took the message for at least one recipient and refused another; see <see cref="SmtpResult.Recipients"/>.</summary>
    PartiallyAccepted,

    /// <summary>A 5xx reply decided: nobody got the message, and sending it again as it is will not help.</summary>
    Rejected,

    /// <summary>A 4xx reply decided: nobody got the message, and a later attempt may work. 421 counts here in every phase.</summary>
    Deferred,

    /// <summary>The server refused the credentials (5xx on AUTH, or 530/535 on MAIL), or offers no mechanism that may be used.</summary>
    AuthenticationFailed,

    /// <summary>The server could not check the credentials now (454 or another 4xx on AUTH), or no token could be had.</summary>
    AuthenticationDeferred,

    /// <summary>STARTTLS is required and the server does not offer it or refused the command.</summary>
    StartTlsUnavailable,

    /// <summary>The TLS handshake failed or the certificate was not good.</summary>
    TlsFailed,

    /// <summary>The name did not resolve, or no address took the connection.</summary>
    ConnectFailed,

    /// <summary>The connection was lost before the final dot was begun: certainly not delivered.</summary>
    ConnectionLost,

    /// <summary>A deadline passed before the final dot was begun: certainly not delivered. <see cref="SmtpResult.Phase"/> says which.</summary>
    TimedOut,

    /// <summary>The server said something that is not SMTP, before the final dot was begun: certainly not delivered.</summary>
    ProtocolError,

    /// <summary>The message needs what the server lacks (SIZE, 8BITMIME, SMTPUTF8) or what SMTP cannot carry (NUL); MAIL was not sent.</summary>
    UnsupportedByServer,

    /// <summary>The final dot was begun and no valid reply to it came: the server may or may not have the message.</summary>
    Uncertain,
}
