using System.Net;
using System.Net.Sockets;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Auth;

namespace Mailroom.Api;

/// <summary>The public listener's addresses and limits.</summary>
public sealed record ApiOptions
{
    /// <summary>What <see cref="MaxConnections"/> is where nothing says less.</summary>
    public const int MostConnections = 10_000;

    /// <summary>Where to listen, at least one. Port 0 takes a free port; see <see cref="MailroomApi.BoundEndpoints"/>.</summary>
    public required IReadOnlyList<IPEndPoint> Endpoints { get; init; }

    /// <summary>A socket that is bound to the one endpoint already and does not listen yet; null: the listener binds its own. It becomes the listener's.</summary>
    public Socket? Socket { get; init; }

    /// <summary>Bytes of one request's body.</summary>
    public int MaxBodyBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of all large bodies that are being read or answered at one time; more are told to come back later.</summary>
    public long MaxBodyBytesInFlight { get; init; } = 256L * 1024 * 1024;

    /// <summary>Bytes of one mail: its text, its HTML and its attachments after decoding.</summary>
    public int MaxMessageBytes { get; init; } = 40 * 1024 * 1024;

    /// <summary>How long a caller may take over sending the headers of a request.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a caller may take over sending the body.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a connection may rest between two requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long reads from the store may take for one request.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the rest of a batch is tried again while the intake is busy, once its first mail is accepted.</summary>
    public TimeSpan BatchDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>One more is closed as it comes.</summary>
    public int MaxConnections { get; init; } = MostConnections;

    /// <summary>How long an API key is believed without asking the store: so much later a revoked key stops working.</summary>
    public TimeSpan KeyCacheTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the last uses of keys are written.</summary>
    public TimeSpan KeyUseInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pages that watch the captured mails at one time.</summary>
    public int MaxCapturedWatchers { get; init; } = 32;
}

/// <summary>The internal listener's addresses and limits.</summary>
public sealed record InternalApiOptions
{
    /// <summary>What <see cref="MaxConnections"/> is where nothing says less.</summary>
    public const int MostConnections = 1_000;

    /// <summary>Where to listen, at least one. Port 0 takes a free port; see <see cref="MailroomApi.BoundEndpoints"/>.</summary>
    public required IReadOnlyList<IPEndPoint> Endpoints { get; init; }

    /// <summary>Bytes of one request's body.</summary>
    public const int MaxBodyBytes = 64 * 1024;

    /// <summary>Who login codes come from.</summary>
    public required Mailbox Sender { get; init; }

    /// <summary>What the keys that are made here begin with: <see cref="NewApiKey.LivePrefix"/> or <see cref="NewApiKey.TestPrefix"/>.</summary>
    public string KeyPrefix { get; init; } = NewApiKey.LivePrefix;

    /// <summary>A socket that is bound to the one endpoint already and does not listen yet; null: the listener binds its own. It becomes the listener's.</summary>
    public Socket? Socket { get; init; }

    /// <summary>The bearer token that every request has to bring; null: the network is trusted.</summary>
    public string? Token { get; init; }

    /// <summary>How long a caller may take over sending the headers of a request.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a whole request may take; then its connection is closed.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long reads from the store may take for one request.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may rest between two requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>One more is closed as it comes.</summary>
    public int MaxConnections { get; init; } = MostConnections;
}
