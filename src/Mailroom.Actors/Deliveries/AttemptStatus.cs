using System.Collections.Frozen;

namespace Mailroom.Actors.Deliveries;

/// <summary>What became of one attempt. The stored names are permanent.</summary>
public enum AttemptStatus
{
    Scheduled,
    InProgress,

    /// <summary>The next hop accepted at least one recipient.</summary>
    ProviderAccepted,

    /// <summary>Refused for good (5xx).</summary>
    ProviderRejected,

    /// <summary>Temporary refusal (4xx), no connection, no TLS, throttled: tried again.</summary>
    TransportFailed,

    /// <summary>A deadline passed before the message could have been accepted: tried again.</summary>
    TimedOut,

    RenderFailed,

    /// <summary>It ended before the message could have been accepted, for a reason of ours. Does not count.</summary>
    Interrupted,

    /// <summary>The connection or the process was lost when the message may have been accepted already.</summary>
    Uncertain,
}

public static class AttemptStatuses
{
    private static readonly string[] Names =
    [
        "scheduled", "in_progress", "provider_accepted", "provider_rejected", "transport_failed", "timed_out",
        "render_failed", "interrupted", "uncertain",
    ];

    private static readonly FrozenDictionary<string, AttemptStatus> ByName =
        Enum.GetValues<AttemptStatus>().ToFrozenDictionary(s => Names[(int)s]);

    /// <summary>The stored name, for example <c>transport_failed</c>.</summary>
    public static string Name(this AttemptStatus status) => Names[(int)status];

    public static bool TryParse(string? name, out AttemptStatus status)
    {
        status = default;
        return name is not null && ByName.TryGetValue(name, out status);
    }
}
