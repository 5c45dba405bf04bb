using System.Buffers.Binary;
using System.Security.Cryptography;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>Makes the command to accept a validated mail, whichever way it came in.</summary>
internal sealed class AcceptCommands(IIdSource ids, IntakeOptions options)
{
    /// <summary>Whether a first attempt could begin with the acceptance.</summary>
    public bool IsForNow(NewDelivery mail, Instant now) => !(mail.ScheduledAt > now) && options.SuppressedBecause is null;

    /// <summary>The mail's own id, or a new one.</summary>
    public DeliveryId IdOf(NewDelivery mail) => mail.Id ?? ids.NewDeliveryId();

    public AcceptDelivery Make(NewDelivery mail, DeliveryId id, byte[] payload, Instant now, Claim? claim) =>
        new()
        {
            Id = id,
            Org = mail.Org,
            Source = mail.Source,
            Request = mail.Request,
            Payload = payload,
            Urgent = mail.Urgent,
            Parent = mail.Parent,
            TraceParent = mail.TraceParent,
            AcceptToken = ids.NewToken(),
            OnUncertain = mail.OnUncertain ?? mail.OrgOnUncertain ?? options.OnUncertain,
            ScheduledAt = mail.ScheduledAt,
            ExpiresAt = mail.ExpiresAt,
            Idempotency = mail.IdempotencyKey is { } key ? new(key, mail.Fingerprint ?? Fingerprint(mail, payload), now + options.IdempotencyTtl) : null,
            SuppressedBecause = options.SuppressedBecause,
            Claim = claim,
        };

    /// <summary>SHA-256 of what was asked for: the request, its times and its policy.</summary>
    private static byte[] Fingerprint(NewDelivery mail, byte[] payload)
    {
        Span<byte> rest = stackalloc byte[17];
        BinaryPrimitives.WriteInt64BigEndian(rest, mail.ScheduledAt?.UnixMilliseconds ?? 0);
        BinaryPrimitives.WriteInt64BigEndian(rest[8..], mail.ExpiresAt?.UnixMilliseconds ?? 0);
        rest[16] = mail.OnUncertain is { } policy ? (byte)(policy + 1) : (byte)0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(payload);
        hash.AppendData(rest);
        return hash.GetHashAndReset();
    }
}
