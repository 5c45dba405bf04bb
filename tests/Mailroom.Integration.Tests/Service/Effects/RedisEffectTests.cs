using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>The settings of the connections to Redis, as an operator sees them.</summary>
public sealed class RedisEffectTests
{
    [Fact]
    [Trait("Requirement", "D26")]
    public async Task A_call_is_given_up_at_the_time_that_is_set()
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, [.. redis.Settings(), ("MAIL_REDIS_OPERATION_TIMEOUT", "77ms")]);

        var told = service.Log.Line(line => line.Contains("intake waits", StringComparison.Ordinal));
        redis.Freeze();

        await Deadline.In(TimeSpan.FromSeconds(20)).Wait(told, "the outage to be told", () => service.Log.Tail());
        (await told).ShouldContain("within 77 ms");
        redis.Thaw();
    }
}
