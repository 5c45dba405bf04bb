using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Auth;

namespace Mailroom.Api.Emails;

/// <summary>A mail out of a request's body, valid in all its fields.</summary>
internal sealed record ParsedEmail(DeliveryRequest Request, SendTime? ScheduledAt, Instant? ExpiresAt, UncertainPolicy? OnUncertain)
{
    /// <summary>The intake that deliveries of this API are stored under.</summary>
    public const string Source = "api";

    public NewDelivery ToDelivery(Caller caller, string? idempotencyKey, byte[]? fingerprint, string? traceParent) => new()
    {
        Org = caller.Org,
        Source = Source,
        Request = Request,
        TraceParent = traceParent,
        ScheduledAt = ScheduledAt?.At,
        ExpiresAt = ExpiresAt,
        OnUncertain = OnUncertain,
        OrgOnUncertain = caller.OnUncertain,
        IdempotencyKey = idempotencyKey,
        Fingerprint = fingerprint,
    };
}

/// <summary>What one mail may hold.</summary>
internal sealed record EmailLimits(int MaxMessageBytes)
{
    public const int Recipients = 50;
    public const int ReplyTo = 25;
    public const int Headers = 100;
    public const int Attachments = 100;
    public const int Tags = 75;
    public const int TagLength = 256;
    public const int SubjectLength = 4096;
    public const int FileNameLength = 255;
    public const int ContentIdLength = 128;
    public const int Batch = 100;
}
