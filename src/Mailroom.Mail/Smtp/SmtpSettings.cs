using System.Security.Cryptography.X509Certificates;

namespace Mailroom.Mail.Smtp;

/// <summary>How a connection is protected.</summary>
public enum SmtpSecurity
{
    /// <summary>In the clear.</summary>
    None,
    /// <summary>STARTTLS where the server offers it, else in the clear. Anyone on the way can take the offer away.</summary>
    StartTlsIfOffered,
    /// <summary>STARTTLS or nothing (RFC 3207).</summary>
    StartTls,
    /// <summary>TLS from the first byte, usually on port 465 (RFC 8314).</summary>
    ImplicitTls,
}

/// <summary>One submission server and how it is to be used.</summary>
public sealed record SmtpSettings
{
    /// <summary>A host name or an IP address; the certificate is checked against it.</summary>
    public required string Host { get; init; }

    /// <summary>1 to 65535.</summary>
    public int Port { get; init; } = 587;

    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTls;

    /// <summary>The name in EHLO. Null: the local end's address literal, as RFC 5321 section 4.1.4 asks of a client without a name.</summary>
    public string? HeloName { get; init; }

    /// <summary>Null: no AUTH.</summary>
    public SmtpCredentials? Credentials { get; init; }

    /// <summary>Lets PLAIN, LOGIN and XOAUTH2 run without TLS. For loopback and tests.</summary>
    public bool AllowCleartextAuthentication { get; init; }

    /// <summary>Takes any certificate. Whoever is on the way can then read the mail and the password.</summary>
    public bool InsecureSkipVerify { get; init; }

    /// <summary>Roots to trust in place of the system's. Null: the system's.</summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    public SmtpDeadlines Deadlines { get; init; } = new();

    /// <summary>1 to 1000 connections open at once.</summary>
    public int MaxConnections { get; init; } = 16;

    /// <summary>Sends that may wait for a connection; one more is answered at once as <see cref="SmtpOutcome.TimedOut"/>. 0 to 100,000.</summary>
    public int MaxWaiting { get; init; } = 1024;

    /// <summary>Mails that one connection carries before it is closed. 1 or more.</summary>
    public int MaxMailsPerConnection { get; init; } = 500;

    /// <summary>A connection that was unused for this long is closed. Below the 5 minutes after which a server may close it (RFC 5321 section 4.5.3.2.7).</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection older than this carries no further mail, so that a change of DNS or of a certificate is noticed.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Checks every value.</summary>
    /// <exception cref="SmtpArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(nameof(Host), Host.Length is > 0 and <= SmtpSyntax.MaxDomainOctets && SmtpSyntax.CheckCharacters(Host) is null, "is not a host name or an IP address");
        Require(nameof(Port), Port is >= 1 and <= 65535, "must be 1 to 65535");
        Require(nameof(Security), Enum.IsDefined(Security), "is unknown");
        if (HeloName is not null && SmtpSyntax.CheckHeloName(HeloName) is { } cause)
        {
            throw new SmtpArgumentException(nameof(HeloName), cause);
        }
        Require(nameof(MaxConnections), MaxConnections is >= 1 and <= 1000, "must be 1 to 1000");
        Require(nameof(MaxWaiting), MaxWaiting is >= 0 and <= 100_000, "must be 0 to 100000");
        Require(nameof(MaxMailsPerConnection), MaxMailsPerConnection >= 1, "must be 1 or more");
        Require(nameof(MaxIdle), MaxIdle > TimeSpan.Zero && MaxIdle <= TimeSpan.FromDays(1), "must be more than zero and at most a day");
        Require(nameof(MaxAge), MaxAge > TimeSpan.Zero && MaxAge <= TimeSpan.FromDays(1), "must be more than zero and at most a day");
        Deadlines.Validate();
    }

    private static void Require(string field, bool holds, string cause)
    {
        if (!holds)
        {
            throw new SmtpArgumentException(field, cause);
        }
    }
}
