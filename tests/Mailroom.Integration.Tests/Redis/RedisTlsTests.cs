using System.Security.Cryptography.X509Certificates;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>A real server that speaks TLS alone.</summary>
public sealed class RedisTlsTests
{
    [Fact]
    public async Task A_trusted_certificate_for_the_name_is_accepted()
    {
        await using var server = await TestRedis.Create(tls: true);
        foreach (var tls in (RedisTls[])[Trusting(server), Trusting(server) with { ServerName = "localhost" }])
        {
            await using var client = (server.Options() with { Tls = tls }).Client();
            (await client.Run("ECHO", new byte[300_000])).Length.ShouldBe(300_000);
        }
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_accepted_only_where_that_is_asked_for()
    {
        await using var server = await TestRedis.Create(tls: true);
        (await Failure(server, new RedisTls())).Message.ShouldContain("not trusted");
        await using var careless = (server.Options() with { Tls = new() { InsecureSkipVerify = true } }).Client();
        (await careless.Run("PING")).Text.ShouldBe("PONG");
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await using var server = await TestRedis.Create(tls: true);
        (await Failure(server, Trusting(server) with { ServerName = "redis.example.test" })).Message.ShouldContain("not for redis.example.test");
    }

    [Fact]
    public async Task TLS_on_one_side_alone_is_told()
    {
        await using var server = await TestRedis.Create(tls: true);
        await using var plain = server.Options(TimeSpan.FromMilliseconds(300)).Client();
        await Should.ThrowAsync<RedisException>(plain.PingAsync(CancellationToken.None));

        await using var clear = await TestRedis.Create();
        (await Failure(clear, new RedisTls())).Fault.ShouldBe(RedisFault.Tls);
    }

    private static RedisTls Trusting(TestRedis server) => new() { TrustedRoots = [X509Certificate2.CreateFromPem(server.Certificate!.CertificatePem)] };

    private static async Task<RedisException> Failure(TestRedis server, RedisTls tls)
    {
        await using var client = (server.Options(TimeSpan.FromMilliseconds(300)) with { Tls = tls }).Client();
        var failure = await Should.ThrowAsync<RedisException>(client.PingAsync(CancellationToken.None));
        failure.Fault.ShouldBe(RedisFault.Tls);
        return failure;
    }
}
