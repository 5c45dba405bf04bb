using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Running;

/// <summary>Ids from the machine's random numbers.</summary>
internal sealed class SystemIds(TimeProvider clock) : IIdSource
{
    public DeliveryId NewDeliveryId() => new(string.Create(35, Guid.CreateVersion7(clock.GetUtcNow()), static (text, id) =>
    {
        "em_".CopyTo(text);
        id.TryFormat(text[3..], out _, "N");
    }));

    // Only told apart from one another, never guessed at: no secret.
    public long NewToken() => Random.Shared.NextInt64(1, long.MaxValue);
}
