global using OrgChange = Mailroom.Actors.Kernel.Change<Mailroom.Actors.Orgs.OrgState, Mailroom.Actors.Orgs.OrgEvent>;
global using DeliveryChange = Mailroom.Actors.Kernel.Change<Mailroom.Actors.Deliveries.DeliveryState, Mailroom.Actors.Deliveries.DeliveryEvent>;

using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Data;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>What the kernel would do: decides real messages on real states and makes changes of the events.</summary>
public sealed class World
{
    public const int Shards = 8;

    private long _sequence;

    private World(IMailroomStore store, ClusterView node) => (Store, Node) = (store, node);

    public IMailroomStore Store { get; }

    public ClusterView Node { get; }

    public Instant Now { get; set; } = new(1_800_000_000_123);

    public static async Task<World> JoinAsync(IMailroomStore store) =>
        new(store, await store.Ownership.JoinAsync(new NodeCard("test", ""), TimeSpan.FromMinutes(1), Shards, CancellationToken.None));

    public World On(IMailroomStore store) => new(store, Node) { Now = Now, _sequence = _sequence };

    /// <summary>The same store, as another member sees it.</summary>
    public World As(ClusterView node) => new(Store, node) { Now = Now };

    public static DeliveryRequest Request(params string[] to) => new()
    {
        From = new("sender@example.test", "Sender"),
        To = [.. (to.Length == 0 ? ["one@example.test"] : to).Select(address => new Mailbox(address))],
        Cc = [new("copy@example.test")],
        Bcc = [new("blind@example.test")],
        Subject = "Hello",
        Text = "Hello there.",
    };

    public static IdempotencyReservation Key(string key, Instant expiresAt, string content = "same") =>
        new(key, SHA256.HashData(Encoding.UTF8.GetBytes(content)), expiresAt);

    public Claim Claim() => new(new(Node.Self, ++_sequence), Now + TimeSpan.FromMinutes(1));

    public AcceptDelivery Command(string id, DeliveryRequest? request = null)
    {
        var asked = request ?? Request();
        return new()
        {
            Id = new(id), Org = OrgId.Default, Source = "api", Request = asked, Payload = PayloadCodec.Encode(asked),
            AcceptToken = BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id))),
        };
    }

    public DeliveryChange Accept(string id) => Accept(Command(id));

    public DeliveryChange Accept(AcceptDelivery command) => Decide(command.Id.Value, DeliveryState.Absent, 0, command);

    /// <summary>The change that a message makes of what <paramref name="previous"/> left.</summary>
    public DeliveryChange Next(DeliveryChange previous, DeliveryMessage message) => Decide(previous.Id, previous.After, previous.NewVersion, message);

    public DeliveryChange Ended(DeliveryChange previous, AttemptReport report, RetryLadder? ladder = null) =>
        Next(previous, new AttemptFinished(previous.After.Claim!.Token, report, ladder ?? RetryLadder.Default));

    public async Task<DeliveryChange> CommittedAsync(DeliveryChange change)
    {
        await CommitAsync(change);
        change.Outcome.ShouldBe(ChangeOutcome.Committed);
        return change;
    }

    public async Task CommitAsync(params DeliveryChange[] changes) => await Store.Commits.CommitAsync(changes, CancellationToken.None);

    /// <summary>A change of an org, as its actor would make it.</summary>
    public OrgChange Org(OrgState after, long version, OrgState? before = null)
    {
        var shard = StableHash.Shard(after.Id.Value, Shards);
        return new()
        {
            Kind = "org", Id = after.Id.Value, Shard = shard, Epoch = Node.Shards[shard].Epoch, ExpectedVersion = version,
            Before = before ?? OrgState.Absent, After = after, Events = new(new OrgChanged(Now, after.Name, after.Rps, after.OnUncertain)),
        };
    }

    /// <summary>A delivery that used up its ladder.</summary>
    public async Task<DeliveryChange> DeadAsync(AcceptDelivery command, AttemptReport? report = null)
    {
        var claimed = await CommittedAsync(Accept(command with { Claim = Claim() }));
        return await CommittedAsync(Ended(claimed, report ?? Histories.Deferred, new RetryLadder([])));
    }

    /// <summary>The same change as another object, as the kernel makes it when it decides again.</summary>
    public static DeliveryChange Again(DeliveryChange change, long? epoch = null) => new()
    {
        Kind = change.Kind, Id = change.Id, Shard = change.Shard, Epoch = epoch ?? change.Epoch, ExpectedVersion = change.ExpectedVersion,
        Before = change.Before, After = change.After, Events = change.Events,
    };

    public async Task<IReadOnlyDictionary<string, Loaded<DeliveryState>>> LoadAsync(params string[] ids)
    {
        var rows = new Dictionary<string, Loaded<DeliveryState>>();
        await Store.Deliveries.LoadAsync(ids, row => rows.Add(row.Id, row), CancellationToken.None);
        return rows;
    }

    public async Task ShouldBeStoredAsync(DeliveryChange change)
    {
        var row = (await LoadAsync(change.Id))[change.Id];
        row.Unreadable.ShouldBeNull();
        row.Version.ShouldBe(change.NewVersion);
        row.State!.Recipients.ShouldBe(change.After.Recipients);
        (row.State with { Recipients = [] }).ShouldBe(change.After with { Recipients = [] });
    }

    public async Task ShouldBeReadableAsync(string id) =>
        (await Store.Deliveries.FindAsync(null, new(id), CancellationToken.None)).ShouldNotBeNull();

    private DeliveryChange Decide(string id, DeliveryState before, long version, DeliveryMessage message)
    {
        var events = Delivery.Decide(before, message, Now).Events;
        events.Count.ShouldBeGreaterThan(0, $"{message.GetType().Name} changes nothing on {before.Status}.");
        var after = before;
        foreach (var happened in events)
        {
            after = Delivery.Apply(after, happened);
        }

        var shard = StableHash.Shard(id, Shards);
        return new()
        {
            Kind = Delivery.Kind.Name, Id = id, Shard = shard, Epoch = Node.Shards[shard].Epoch, ExpectedVersion = version,
            Before = before, After = after, Events = events,
        };
    }
}
