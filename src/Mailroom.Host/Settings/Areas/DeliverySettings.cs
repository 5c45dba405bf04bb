using Mailroom.Actors.Deliveries;

namespace Mailroom.Host.Settings;

/// <param name="Workers">Attempts at a time.</param>
/// <param name="RetryLadder">Waits before the second and later attempts; empty for one attempt only.</param>
/// <param name="OnUncertain">What happens when an outcome is unknown.</param>
/// <param name="IdempotencyTtl">Time that an idempotency key is remembered.</param>
public sealed record DeliverySettings(
    int Workers,
    IReadOnlyList<TimeSpan> RetryLadder,
    UncertainPolicy OnUncertain,
    TimeSpan IdempotencyTtl)
{
    internal static DeliverySettings Bind(SettingsTree tree) => new(
        tree.Int("mailroom.delivery.workers", 1, 1000),
        tree.DurationList("mailroom.delivery.retry-ladder", 32, TimeSpan.FromSeconds(1), TimeSpan.FromHours(168)),
        tree.Choice(
            "mailroom.delivery.on-uncertain",
            ("retry", UncertainPolicy.Retry),
            ("hold", UncertainPolicy.Hold),
            ("fail", UncertainPolicy.Fail)),
        tree.Duration("mailroom.delivery.idempotency-ttl", TimeSpan.FromMinutes(1), TimeSpan.FromHours(8760)));
}
