using System.Globalization;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Cluster;

/// <summary>Several nodes as real processes on one PostgreSQL database.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    public const int Shards = 64;

    private const string Secret = "a-secret-of-tests-only";

    private readonly LedgerSink sink;
    private readonly (string Name, string Value)[] settings;
    private readonly Dictionary<string, RunningMailroom> nodes = [];

    private RunningCluster(TestStore store, LedgerSink sink, (string Name, string Value)[] settings)
    {
        this.sink = sink;
        this.settings = settings;
        Store = store;
    }

    /// <summary>Within which a lost node is replaced: as short as the settings allow.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(3);

    public TestStore Store { get; }

    public IReadOnlyCollection<RunningMailroom> Nodes => nodes.Values;

    public RunningMailroom this[string name] => nodes[name];

    /// <summary>Starts nodes of these names, one after the other, and waits until each has its share.</summary>
    public static async Task<RunningCluster> Start(TestStore store, LedgerSink sink, string[] names, params (string Name, string Value)[] settings)
    {
        var cluster = new RunningCluster(store, sink, settings);
        try
        {
            foreach (var name in names)
            {
                await cluster.Add(name);
            }

            await cluster.UntilEven();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>What makes a process a node of this cluster.</summary>
    public static IEnumerable<(string Name, string Value)> Settings(string node, string secret = Secret) =>
    [
        ("MAILROOM_NODE", node),
        ("MAILROOM_CLUSTER_ADDR", "127.0.0.1:0"),
        ("MAILROOM_CLUSTER_SECRET", secret),
        ("MAILROOM_CLUSTER_LEASE", string.Create(CultureInfo.InvariantCulture, $"{Lease.TotalSeconds:F0}s")),
    ];

    /// <summary>Starts one more node.</summary>
    public async Task<RunningMailroom> Add(string name) =>
        nodes[name] = await RunningMailroom.Start(Store, sink.Port, [.. Settings(name), .. settings]);

    /// <summary>The members as a node reads them from the database.</summary>
    public static async Task<IReadOnlyList<JsonElement>> Members(RunningMailroom at) =>
        [.. (await at.ReadInside("/api/v1/internal/nodes")).GetProperty("nodes").EnumerateArray()];

    /// <summary>How many shards each member has, by the database.</summary>
    public async Task<IReadOnlyDictionary<string, long>> Shares() => (await Store.Rows(
        "SELECT n.node, count(s.shard) FROM nodes n LEFT JOIN shards s ON s.owner = n.incarnation WHERE n.left_at IS NULL GROUP BY n.node"))
        .ToDictionary(row => row[0], row => long.Parse(row[1], CultureInfo.InvariantCulture));

    /// <summary>Waits until the members are those that run, and each owns its share.</summary>
    public Task UntilEven(TimeSpan? within = null) => UntilShared([.. nodes.Keys.Where(name => !nodes[name].Exited.IsCompleted)], within);

    /// <summary>Waits until the members are these, and each owns its share.</summary>
    public Task UntilShared(string[] names, TimeSpan? within = null) => Eventually.True(
        async () =>
        {
            var shares = await Shares();
            return shares.Keys.Order().SequenceEqual(names.Order()) && shares.Values.All(share => share >= Shards / names.Length);
        },
        $"{string.Join(", ", names)} to share all shards",
        within,
        Logs);

    /// <summary>The node that owns an id's shard, by the database.</summary>
    public async Task<string> OwnerOf(string id) => (await Store.Rows(string.Create(
        CultureInfo.InvariantCulture,
        $"SELECT n.node FROM shards s JOIN nodes n ON n.incarnation = s.owner WHERE s.shard = {Actors.Kernel.StableHash.Shard(id, Shards)}"))).Single()[0];

    /// <summary>The last lines of all nodes, for the message of a failure.</summary>
    public string Logs() => string.Join('\n', nodes.Select(node => $"--- {node.Key}\n{node.Value.Log.Tail(25)}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes.Values)
        {
            await node.DisposeAsync();
        }
    }
}
