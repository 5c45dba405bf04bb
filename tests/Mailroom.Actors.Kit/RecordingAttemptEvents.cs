using System.Collections.Concurrent;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Keeps what the attempt runner reports.</summary>
public sealed class RecordingAttemptEvents : IAttemptEvents
{
    private readonly ConcurrentQueue<(StartAttempt Attempt, AttemptReport Report)> _ended = new();
    private readonly ConcurrentQueue<Announce> _news = new();
    private readonly ConcurrentQueue<NotDone> _refused = new();
    private readonly ConcurrentQueue<(DeliveryId Delivery, Exception Why)> _faulted = new();

    public IReadOnlyList<(StartAttempt Attempt, AttemptReport Report)> Ended => [.. _ended];

    public IReadOnlyList<Announce> News => [.. _news];

    public IReadOnlyList<NotDone> Refused => [.. _refused];

    public IReadOnlyList<(DeliveryId Delivery, Exception Why)> Faulted => [.. _faulted];

    public void AttemptEnded(StartAttempt attempt, AttemptReport report) => _ended.Enqueue((attempt, report));

    public void Announced(Announce news) => _news.Enqueue(news);

    public void ReportRefused(StartAttempt attempt, NotDone why) => _refused.Enqueue(why);

    public void AttemptFaulted(DeliveryId delivery, Exception why) => _faulted.Enqueue((delivery, why));
}
