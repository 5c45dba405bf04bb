using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mailroom.Mail.Kit;

/// <summary>A root of the tests' own, and server certificates under it that are good or bad in one way each.</summary>
public static class TestCertificates
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly X509Certificate2 Root = MakeRoot();

    public static X509Certificate2Collection Roots => [X509CertificateLoader.LoadCertificate(Root.RawData)];

    public static X509Certificate2 Good { get; } = Make("localhost", Now.AddDays(-1), Now.AddDays(30));
    public static X509Certificate2 Expired { get; } = Make("localhost", Now.AddDays(-30), Now.AddDays(-1));
    public static X509Certificate2 OtherHost { get; } = Make("mail.example.com", Now.AddDays(-1), Now.AddDays(30));
    public static X509Certificate2 SelfSigned { get; } = MakeSelfSigned();

    private static X509Certificate2 MakeRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(Now.AddDays(-60), Now.AddDays(60));
    }

    private static X509Certificate2 Make(string host, DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var bare = Request(host, key).Create(Root, from, to, RandomNumberGenerator.GetBytes(8));
        return Usable(bare.CopyWithPrivateKey(key));
    }

    private static X509Certificate2 MakeSelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Usable(Request("localhost", key).CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30)));
    }

    private static CertificateRequest Request(string host, ECDsa key)
    {
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        if (host == "localhost")
        {
            names.AddIpAddress(IPAddress.Loopback);
        }
        request.CertificateExtensions.Add(names.Build());
        return request;
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
}
