using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Mailroom.Mail.Smtp;

/// <summary>The rules for a server's certificate, and in words what was wrong with the last one.</summary>
internal sealed class SmtpCertificateCheck(SmtpSettings settings)
{
    public string? Fault { get; private set; }

    public SslClientAuthenticationOptions Options() => new()
    {
        TargetHost = settings.Host,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = Check,
        CertificateChainPolicy = settings.TrustedRoots is null ? null : OwnRoots(settings.TrustedRoots),
    };

    private static X509ChainPolicy OwnRoots(X509Certificate2Collection roots)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(roots);
        return policy;
    }

    private bool Check(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None || settings.InsecureSkipVerify)
        {
            return true;
        }
        Fault = errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "the server showed no certificate."
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? $"the certificate is not for {settings.Host}. Use the name that it is for."
            : $"the certificate is not trusted ({ChainFault(chain)}). Renew it, or trust its root.";
        return false;
    }

    private static string ChainFault(X509Chain? chain) =>
        chain is null or { ChainStatus.Length: 0 } ? "no chain" : string.Join(", ", chain.ChainStatus.Take(4).Select(status => status.Status));
}
