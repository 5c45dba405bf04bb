using System.Globalization;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Actors.Kit;

/// <summary>Ids and tokens that count up. Kept over restarts of a node, as the real ones are never given twice.</summary>
public sealed class CountingIds : IIdSource
{
    private long _last;

    public DeliveryId NewDeliveryId() => new("em_" + Interlocked.Increment(ref _last).ToString("D8", CultureInfo.InvariantCulture));

    public long NewToken() => Interlocked.Increment(ref _last);
}
