using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

public sealed class PostfixTests(PostfixTests.Server server) : IClassFixture<PostfixTests.Server>
{
    private Postfix Postfix => server.Postfix;

    [Fact]
    public async Task Mails_of_smtp_source_arrive_in_the_maildir()
    {
        var marker = $"arrives-{Guid.NewGuid():N}";
        var before = Postfix.Mails().Count;

        await SmtpSource.Send(Postfix.Port, mails: 5, connections: 2, to: $"{marker}@{Testing.Postfix.Domain}");

        var arrived = await Postfix.WaitForMail(before + 5);
        arrived.Count(file => File.ReadAllText(file).Contains($"Delivered-To: {marker}@{Testing.Postfix.Domain}")).ShouldBe(5);
    }

    [Fact]
    public async Task Mail_for_another_domain_is_refused_and_nothing_that_could_send_it_runs()
    {
        var refused = await Should.ThrowAsync<SmtpSourceException>(() => SmtpSource.Send(Postfix.Port, to: "someone@elsewhere.test"));

        refused.Message.ShouldContain("Relay access denied");
        (await Postfix.ReadLog()).ShouldNotContain("postfix/smtp[");
    }

    [Fact]
    public async Task Starttls_shows_the_certificate_that_the_test_can_trust()
    {
        using var deadline = new CancellationTokenSource(Deadline.Usual);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Postfix.Port, deadline.Token);
        var plain = client.GetStream();
        using var reader = new StreamReader(plain, Encoding.ASCII, leaveOpen: true);
        (await reader.ReadLineAsync(deadline.Token)).ShouldNotBeNull().ShouldStartWith("220 ");
        await plain.WriteAsync("EHLO test\r\n"u8.ToArray(), deadline.Token);
        var offered = new List<string>();
        do
        {
            offered.Add((await reader.ReadLineAsync(deadline.Token)).ShouldNotBeNull());
        }
        while (offered[^1].StartsWith("250-", StringComparison.Ordinal));
        offered.ShouldContain("250-STARTTLS");
        await plain.WriteAsync("STARTTLS\r\n"u8.ToArray(), deadline.Token);
        (await reader.ReadLineAsync(deadline.Token)).ShouldNotBeNull().ShouldStartWith("220 ");

        await using var tls = new SslStream(plain);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = SslProtocols.None,
                CertificateChainPolicy = Trusting(Postfix.CertificatePem),
            },
            deadline.Token);

        tls.IsAuthenticated.ShouldBeTrue();
    }

    [Fact]
    public async Task An_instance_of_its_own_takes_its_own_mail_and_leaves_nothing_behind()
    {
        var other = await Testing.Postfix.Start();
        var marker = $"other-{Guid.NewGuid():N}";
        await SmtpSource.Send(other.Port, to: $"{marker}@{Testing.Postfix.Domain}");
        (await other.WaitForMail(1)).Count.ShouldBe(1);

        await other.DisposeAsync();

        Should.Throw<DirectoryNotFoundException>(other.Mails);
        Postfix.Mails().Select(File.ReadAllText).ShouldAllBe(mail => !mail.Contains(marker));
        await SmtpSource.Send(Postfix.Port);
    }

    private static X509ChainPolicy Trusting(string certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(certificate));
        return policy;
    }

    public sealed class Server : IAsyncLifetime
    {
        private Postfix? postfix;

        public Postfix Postfix => postfix ?? throw new InvalidOperationException("The fixture was not initialised.");

        public async Task InitializeAsync() => postfix = await Testing.Postfix.Start();

        public Task DisposeAsync() => postfix?.DisposeAsync().AsTask() ?? Task.CompletedTask;
    }
}
