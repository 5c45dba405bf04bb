using System.Collections.Concurrent;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Api.Tests.Fakes;

/// <summary>Orgs in memory. It does what it is told: the rules are the actor's and tested there.</summary>
public sealed class FakeOrgs(TimeProvider clock) : IOrgStore
{
    private readonly ConcurrentDictionary<string, OrgState> _orgs = new(
        [
            new("org_default", new OrgState { Id = OrgId.Default, Name = "Default" }),
            new("org_all", new OrgState { Id = OrgId.All, Name = "All" }),
            new("org_other", new OrgState { Id = new("org_other"), Name = "Other", Rps = 2 }),
        ]);

    public ConcurrentQueue<OrgMessage> Asked { get; } = new();

    public OrgState this[string id]
    {
        get => _orgs[id];
        set => _orgs[id] = value;
    }

    public object Ask(string id, OrgMessage message)
    {
        Asked.Enqueue(message);
        if (message is CreateOrg create)
        {
            var made = new OrgState { Id = create.Id, Name = create.Name, Rps = create.Rps, OnUncertain = create.OnUncertain, CreatedAt = clock.Now(), UpdatedAt = clock.Now() };
            return _orgs.TryAdd(id, made) ? Done.Instance : new Refused("org_exists", "An org with this id exists.");
        }

        if (!_orgs.TryGetValue(id, out var org))
        {
            return new Refused("org_not_found", "There is no such org.");
        }

        _orgs[id] = message switch
        {
            ChangeOrg change => org with
            {
                Name = change.Name ?? org.Name,
                Rps = change.Rps is null ? org.Rps : change.Rps.Value,
                OnUncertain = change.OnUncertain is null ? org.OnUncertain : change.OnUncertain.Value,
            },
            PauseOutbound pause => org with { Pause = new(pause.By, pause.Reason, clock.Now()) },
            ResumeOutbound => org with { Pause = null },
            _ => throw new NotSupportedException($"The edge does not send {message.GetType().Name}."),
        };
        return Done.Instance;
    }

    public ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel) => new(_orgs.GetValueOrDefault(id.Value));

    public ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel) => new(
    [
        .. _orgs.Values.Where(org => org.Id != OrgId.All && (after is null || string.CompareOrdinal(org.Id.Value, after.Value.Value) > 0))
            .OrderBy(org => org.Id.Value, StringComparer.Ordinal).Take(limit),
    ]);

    public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<OrgState>> found, CancellationToken cancel) =>
        throw new NotSupportedException("The edge loads no rows.");

    public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) =>
        throw new NotSupportedException("The edge asks for nothing due.");
}
