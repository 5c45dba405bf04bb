namespace Mailroom.Actors.Deliveries;

/// <summary>What the provider said of one recipient, by its position in the envelope.</summary>
public sealed record RecipientOutcome(int Position, RecipientStatus Status, string? Detail);

/// <summary>Where one recipient stands when it differs from its delivery.</summary>
public enum RecipientStatus
{
    /// <summary>Still to be tried.</summary>
    Pending,
    Sent,
    Failed,
    Suppressed,
    Delivered,
    Bounced,
    Complained,

    /// <summary>The final dot was sent for it and no reply was read: the server may or may not have the mail.</summary>
    Uncertain,
}

/// <summary>
/// What happened in an attempt, as a provider or the attempt's runner reports it. Texts are already bounded and free of
/// secrets and control characters.
/// </summary>
public sealed record AttemptReport
{
    public required AttemptStatus Status { get; init; }

    /// <summary>With <see cref="AttemptStatus.ProviderRejected"/>: the provider refuses to write to the recipient, which is not a failure.</summary>
    public bool Suppressed { get; init; }

    /// <summary>Do not try again before this much time; set for throttle replies, which do not count as an attempt.</summary>
    public TimeSpan? ThrottledFor { get; init; }

    /// <summary>The provider wants no calls of the whole org during this time, not only none for this mail: HTTP 429, a sending rate or a connection refused for now.</summary>
    public TimeSpan? SlowsOrgFor { get; init; }

    /// <summary>A short permanent word, for example <c>smtp_rejected</c>, <c>authentication_failed</c>, <c>starttls_unavailable</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The provider's reply code, for example 550; 0 when there was none.</summary>
    public int ReplyCode { get; init; }

    /// <summary>RFC 3463, for example <c>5.1.1</c>.</summary>
    public string? EnhancedCode { get; init; }

    /// <summary>The provider that made the attempt (<see cref="IMailProvider.Name"/>); null where none was asked.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's words.</summary>
    public string? Summary { get; init; }

    /// <summary>The provider or the host that answered.</summary>
    public string? RemoteHost { get; init; }

    /// <summary>The provider's own id of the mail.</summary>
    public string? ProviderMessageId { get; init; }

    /// <summary>The protocol conversation, without secrets and bodies.</summary>
    public string? Conversation { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>Empty when all recipients fared alike.</summary>
    public IReadOnlyList<RecipientOutcome> Recipients { get; init; } = [];

    /// <summary>What the template gave, to be kept where the mail has to be tried again.</summary>
    public RenderedContent? Rendered { get; init; }
}
