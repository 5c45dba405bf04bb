using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.CrashHost;

/// <summary>Each event of a commit is two points: <c>before accepted</c>, <c>after accepted</c>, by the event's stored name.</summary>
internal sealed class CrashingCommits(ICommitStore commits, CrashPoint crash) : ICommitStore
{
    public async ValueTask CommitAsync(IReadOnlyList<Change> batch, CancellationToken cancel)
    {
        Pass("before ", batch);
        await commits.CommitAsync(batch, cancel).ConfigureAwait(false);
        Pass("after ", batch.Where(change => change.Outcome == ChangeOutcome.Committed));
    }

    private void Pass(string when, IEnumerable<Change> changes)
    {
        foreach (var change in changes)
        {
            foreach (var name in Events(change))
            {
                crash.Pass(when + name);
            }
        }
    }

    private static IEnumerable<string> Events(Change change) => change switch
    {
        Change<DeliveryState, DeliveryEvent> delivery => Names(delivery.Events, happened => happened.Name),
        Change<OrgState, OrgEvent> org => Names(org.Events, happened => happened.Name),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.Kind, "Not a kind of entity."),
    };

    private static List<string> Names<TEvent>(OneOrMany<TEvent> events, Func<TEvent, string> name)
        where TEvent : class
    {
        var names = new List<string>(events.Count);
        foreach (var happened in events)
        {
            names.Add(name(happened));
        }

        return names;
    }
}
