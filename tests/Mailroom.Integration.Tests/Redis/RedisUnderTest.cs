using System.Collections.Concurrent;
using Mailroom.Data.Redis;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Redis;

/// <summary>A private server for the tests of a class.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    public TestRedis Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await TestRedis.Create();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

/// <summary>Clients of a test's server.</summary>
internal static class RedisUnderTest
{
    /// <summary>For tests in which a timeout is a failure: the machine may be busy.</summary>
    public static readonly TimeSpan Generous = TimeSpan.FromSeconds(20);

    public static RedisOptions Options(this TestRedis server, TimeSpan? timeout = null) => At(server.Port) with
    {
        Password = server.Password,
        OperationTimeout = timeout ?? Generous,
    };

    public static RedisOptions At(int port) => new() { Master = new("127.0.0.1", port), OperationTimeout = Generous };

    public static RedisClient Client(this RedisOptions options, IRedisEvents? events = null) =>
        new(options, "test", events ?? QuietRedisEvents.Instance, TimeProvider.System);

    public static RedisConnections Connections(this RedisOptions options) => new(options, QuietRedisEvents.Instance, TimeProvider.System);

    public static ValueTask<RedisReply> Run(this RedisClient client, string name, params ReadOnlySpan<RedisArgument> arguments) =>
        client.ExecuteAsync(RedisCommand.Of(name, arguments), CancellationToken.None);

    public static Task<RedisException> ShouldFail(this ValueTask<RedisReply> call) => Should.ThrowAsync<RedisException>(call.AsTask());
}

/// <summary>What a client told of its connection, with signals to wait for.</summary>
internal sealed class ConnectionLog : IRedisEvents
{
    private readonly ConcurrentQueue<RedisException> _failures = new();
    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connected;

    public int Connections => Volatile.Read(ref _connected);

    public IReadOnlyCollection<RedisException> Failures => _failures;

    public RedisAddress Last { get; private set; }

    public Task LostOnce => _lost.Task;

    public void Connected(string client, RedisAddress server)
    {
        Last = server;
        Interlocked.Increment(ref _connected);
    }

    public void Lost(string client, RedisException cause)
    {
        _failures.Enqueue(cause);
        _lost.TrySetResult();
    }

    public void Unavailable(string client, RedisException cause, TimeSpan wait) => _failures.Enqueue(cause);
}
