using System.Buffers.Binary;
using System.Security.Cryptography;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <param name="IdempotencyTtl">How long a key keeps its first result.</param>
/// <param name="OnUncertain">The policy of mail that names none.</param>
public sealed record IntakeOptions(TimeSpan IdempotencyTtl, UncertainPolicy OnUncertain)
{
    /// <summary>Why no mail is to be sent at all, or null.</summary>
    public string? SuppressedBecause { get; init; }
}

/// <summary>The one way for mail into Mailroom: gives it an id, takes a slot for it where one is free, and asks its actor to accept it.</summary>
public sealed class Intake(IActorHost host, Dispatcher dispatcher, IIdSource ids, TimeProvider clock, IntakeOptions options, Func<bool> isOpen) : IIntake
{
    public ValueTask<object> AcceptAsync(NewDelivery mail)
    {
        if (!isOpen())
        {
            return new(NotDone.Busy);
        }

        var command = Command(mail, clock.Now());
        return host.AskAsync(Delivery.Kind, command.Id.Value, command, command.Claim is null ? null : dispatcher);
    }

    private AcceptDelivery Command(NewDelivery mail, Instant now)
    {
        var payload = PayloadCodec.Encode(mail.Request);
        var later = mail.ScheduledAt > now || options.SuppressedBecause is not null;
        return new AcceptDelivery
        {
            Id = mail.Id ?? ids.NewDeliveryId(),
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
            Claim = later ? null : dispatcher.TryTake(),
        };
    }

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
