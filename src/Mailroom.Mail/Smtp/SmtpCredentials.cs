namespace Mailroom.Mail.Smtp;

/// <summary>Who the client says it is. Never printed.</summary>
public abstract class SmtpCredentials
{
    private SmtpCredentials(string user)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        User = user;
    }

    public string User { get; }

    /// <summary>A user and a password: CRAM-MD5, PLAIN or LOGIN.</summary>
    /// <exception cref="SmtpArgumentException">One of them holds a NUL, which PLAIN cannot carry (RFC 4616).</exception>
    public static SmtpCredentials Password(string user, string password) => new PasswordCredentials(user, password);

    /// <summary>A user and a source of OAuth 2.0 access tokens: XOAUTH2. The source is asked once for each new connection.</summary>
    public static SmtpCredentials OAuth2(string user, Func<CancellationToken, ValueTask<string>> accessToken) => new OAuth2Credentials(user, accessToken);

    public override string ToString() => $"{GetType().Name} ***";

    internal sealed class PasswordCredentials : SmtpCredentials
    {
        public PasswordCredentials(string user, string password) : base(user)
        {
            ArgumentNullException.ThrowIfNull(password);
            Refuse(user, "user");
            Refuse(password, "password");
            Secret = password;
        }

        public string Secret { get; }
    }

    internal sealed class OAuth2Credentials : SmtpCredentials
    {
        public OAuth2Credentials(string user, Func<CancellationToken, ValueTask<string>> accessToken) : base(user)
        {
            ArgumentNullException.ThrowIfNull(accessToken);
            Refuse(user, "user");
            AccessToken = accessToken;
        }

        public Func<CancellationToken, ValueTask<string>> AccessToken { get; }
    }

    private static void Refuse(string value, string field)
    {
        if (value.AsSpan().ContainsAny('\0', '\x01'))
        {
            throw new SmtpArgumentException(field, "holds a NUL or U+0001, which end a field of the SASL response");
        }
    }
}
