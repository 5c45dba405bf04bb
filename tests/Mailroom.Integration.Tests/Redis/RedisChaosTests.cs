using System.Globalization;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>A server that is killed again and again under load.</summary>
public sealed class RedisChaosTests
{
    private const int Restarts = 10;
    private const int Calls = 20_000;
    private const int Callers = 32;

    [Fact]
    public async Task Every_call_ends_once_and_what_was_confirmed_is_there_once()
    {
        await using var server = await TestRedis.Create();
        await using var client = server.Options().Client();
        await client.PingAsync(CancellationToken.None);
        var outcomes = new RedisFault?[Calls];
        var ended = 0;
        var next = -1;

        var load = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < Calls)
            {
                outcomes[number] = await Push(client, number);
                Interlocked.Increment(ref ended);
            }
        })));
        for (var restart = 1; restart <= Restarts; restart++)
        {
            var enough = restart * (Calls / (Restarts + 1));
            await Eventually.True(() => Volatile.Read(ref ended) >= enough, $"{enough} calls to end");
            await server.Kill();
            await server.Start();
        }

        await Deadline.In(TimeSpan.FromMinutes(1)).Wait(load, "every call to end", () => $"{ended} ended");

        ended.ShouldBe(Calls);
        var stored = new List<int>();
        foreach (var item in (await client.Run("LRANGE", "pushed", 0, -1)).Items)
        {
            stored.Add(int.Parse(item.Text!, CultureInfo.InvariantCulture));
        }

        stored.ShouldBeUnique("nothing is sent twice");
        Enumerable.Range(0, Calls).Where(number => outcomes[number] is null).Except(stored).ShouldBeEmpty("what was confirmed is there");
        outcomes.Where(fault => fault is not null).ShouldAllBe(fault => fault == RedisFault.ConnectionLost);
        outcomes.Count(fault => fault is not null).ShouldBeInRange(1, Restarts * Callers, "only what was under way at a kill may fail");
    }

    /// <summary>Null: confirmed. A reply to another call fails the test.</summary>
    private static async Task<RedisFault?> Push(RedisClient client, int number)
    {
        try
        {
            var echoed = client.Run("ECHO", number).AsTask();
            var pushed = client.Run("RPUSH", "pushed", number).AsTask();
            await Task.WhenAny(Task.WhenAll(echoed, pushed));
            if (echoed.IsCompletedSuccessfully)
            {
                (await echoed).Text.ShouldBe(number.ToString(CultureInfo.InvariantCulture));
            }

            (await pushed).Integer.ShouldBePositive();
            return null;
        }
        catch (RedisException failure)
        {
            return failure.Fault;
        }
    }
}
