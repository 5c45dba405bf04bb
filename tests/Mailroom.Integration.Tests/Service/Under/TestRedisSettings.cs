using System.Globalization;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>The variables that lead a process to a Redis of the test's own.</summary>
internal static class TestRedisSettings
{
    public static (string Name, string Value)[] Settings(this TestRedis redis) =>
    [
        ("MAIL_REDIS_MASTER_ADDR", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{redis.Port}")),
        ("MAIL_REDIS_PASSWORD", redis.Password),
    ];

    /// <summary>Adds an entry with <c>redis-cli</c>, and gives its id.</summary>
    public static Task<string> Add(this TestRedis redis, string[] command, string stream = TestCommand.Stream) => redis.Cli(["XADD", stream, "*", .. command]);
}
