namespace Mailroom.Data.Redis;

/// <summary>What becomes of a client's connection, for logs and metrics. Called from the client's own tasks; must be quick and not throw.</summary>
public interface IRedisEvents
{
    /// <param name="client">The client's name, <c>commands</c> or <c>blocking</c>.</param>
    void Connected(string client, RedisAddress server);

    /// <summary>A connection that stood is gone. Another one is being made.</summary>
    void Lost(string client, RedisException cause);

    /// <summary>No connection could be made. It is tried again after <paramref name="wait"/>.</summary>
    void Unavailable(string client, RedisException cause, TimeSpan wait);
}

/// <summary>Tells nobody.</summary>
public sealed class QuietRedisEvents : IRedisEvents
{
    public static QuietRedisEvents Instance { get; } = new();

    public void Connected(string client, RedisAddress server)
    {
    }

    public void Lost(string client, RedisException cause)
    {
    }

    public void Unavailable(string client, RedisException cause, TimeSpan wait)
    {
    }
}
