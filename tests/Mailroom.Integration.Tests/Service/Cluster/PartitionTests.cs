using System.Globalization;
using System.Net;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Cluster;

/// <summary>Nodes that are cut off without a word: packets are dropped, nothing is reset. Needs root, as <c>./test</c> has it where tests run unattended.</summary>
[Collection(AloneCollection.Name)]
public sealed class PartitionTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Requirement", "D18")]
    public async Task A_node_cut_off_from_the_database_begins_no_call_after_its_lease_writes_nothing_after_the_heal_and_joins_anew()
    {
        await using var world = await World.Create(("MAIL_ATTEMPT_WORKER_CONCURRENCY", "2"));
        var (one, two, sink) = (world.Nodes[0], world.Nodes[1], world.Sink);
        sink.Faults = new() { Dot = _ => DotFault.Stall };
        var ids = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => one.Accept(TestMail.To($"d{number}@example.test"))));
        await Eventually.True(async () => sink.Stalled == 2 && await world.Store.Count("SELECT count(*) FROM deliveries WHERE status = 'sending'") == 6, "two mails on the wire and four claimed", detail: world.Logs);

        await world.Network.Cut(world.Network.AddressOf(1), world.Network.HereToo);
        var since = DateTimeOffset.UtcNow;
        await world.UntilOwned("n2", RunningCluster.Shards);
        var replaced = DateTimeOffset.UtcNow - since;
        await Eventually.True(() => sink.Stalled == 4, "n2 to send what n1 was sending", detail: world.Logs);
        var stalled = sink.Faults;
        sink.Faults = LedgerFaults.None;

        // The calls of n1 end, and its slots are free for the four that wait in its line.
        sink.ReleaseStalled();
        await Eventually.True(async () => await world.Store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == 6, "n2 to have sent all", detail: world.Logs);
        using (var refused = await one.Post(TestMail.To("refused@example.test")))
        {
            refused.StatusCode.ShouldBeOneOf(HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout);
        }

        await two.Accept(TestMail.To("meanwhile@example.test"));
        var versions = await world.Versions(ids);
        await world.Network.Heal(world.Network.AddressOf(1), world.Network.HereToo);
        await Deadline.In().Wait(one.Log.Line(line => line.Contains("the other nodes took this one for lost, it joins anew", StringComparison.Ordinal)), "n1 to say that it was declared lost", world.Logs);
        await world.UntilOwned("n1", RunningCluster.Shards / 2);
        await one.Accept(TestMail.To("after@example.test"));
        await Eventually.True(() => sink.Ledger.Mails.Any(mail => mail.Recipients[0] == "after@example.test"), "n1 to send again", detail: world.Logs);

        output.WriteLine($"replaced after {replaced.TotalMilliseconds:F0} ms (lease {RunningCluster.Lease.TotalSeconds:F0} s), {sink.Ledger.Count} mails for 8, copies {sink.Ledger.Duplicates().Count}");
        (await world.Versions(ids)).ShouldBe(versions, ignoreOrder: true);
        sink.Ledger.Duplicates().Count.ShouldBeLessThanOrEqualTo(2);
        stalled.ShouldNotBe(LedgerFaults.None);
        foreach (var id in ids)
        {
            (await world.Store.Rows($"SELECT status FROM attempts WHERE delivery_id = '{id}' ORDER BY attempt_no")).Select(row => row[0]).ShouldBe(["uncertain", "provider_accepted"]);
        }
    }

    [Fact]
    public async Task Nodes_cut_off_from_each_other_while_both_see_the_database_stay_members_and_all_mail_goes_out()
    {
        const int Mails = 40;
        await using var world = await World.Create();
        var (one, two) = (world.Nodes[0], world.Nodes[1]);
        await one.Accept(TestMail.To("before@example.test"));
        await two.Accept(TestMail.To("before@example.test"));
        await world.Sink.Ledger.WaitForMails(2);
        var epochs = await world.Store.Rows("SELECT shard, owner, epoch FROM shards ORDER BY shard");

        await world.Network.Cut(world.Network.AddressOf(1), world.Network.AddressOf(2));
        var since = DateTimeOffset.UtcNow;
        for (var number = 0; number < Mails; number++)
        {
            await (number % 2 == 0 ? one : two).Accept(TestMail.To($"d{number}@example.test"));
        }

        var accepted = DateTimeOffset.UtcNow - since;
        await Deadline.In().Wait(world.Sink.Ledger.WaitForMails(2 + Mails, TimeSpan.FromSeconds(30)), "all mail to go out", world.Logs);
        output.WriteLine($"{Mails} mails accepted in {accepted.TotalMilliseconds:F0} ms, the last at the next hop {(world.Sink.Ledger.Mails[^1].At - since).TotalMilliseconds:F0} ms after the cut");
        (await world.Store.Rows("SELECT shard, owner, epoch FROM shards ORDER BY shard")).ShouldBe(epochs);

        await world.Network.Heal(world.Network.AddressOf(1), world.Network.AddressOf(2));
        await one.Accept(TestMail.To("after@example.test"));
        await two.Accept(TestMail.To("after@example.test"));
        await world.Sink.Ledger.WaitForMails(2 + Mails + 2);
        world.Sink.Ledger.Duplicates().ShouldBeEmpty();
    }

    /// <summary>Two nodes, each on a host of its own. The next hop and the callers are at one address, the database at another.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly PostgresServer _server;

        private World(PrivateNetwork network, PostgresServer server, LedgerSink sink) => (Network, _server, Sink, Store) = (network, server, sink, TestStore.On(server));

        public PrivateNetwork Network { get; }

        public TestStore Store { get; }

        public LedgerSink Sink { get; }

        public List<RunningMailroom> Nodes { get; } = [];

        public static async Task<World> Create(params (string Name, string Value)[] settings)
        {
            var network = await PrivateNetwork.Create(hosts: 2);
            var world = new World(network, await PostgresServer.Create(network.HereToo, network.Range), LedgerSink.Start(address: IPAddress.Parse(network.Here)));
            try
            {
                foreach (var host in new[] { 1, 2 })
                {
                    await world.Add(host, settings);
                }

                await world.UntilOwned("n1", RunningCluster.Shards / 2);
                return world;
            }
            catch
            {
                await world.DisposeAsync();
                throw;
            }
        }

        public Task UntilOwned(string node, int shards) => Eventually.True(
            async () => await Store.Count($"SELECT count(*) FROM shards s JOIN nodes n ON n.incarnation = s.owner AND n.left_at IS NULL WHERE n.node = '{node}'") == shards,
            $"{node} to own {shards} shards",
            detail: Logs);

        public async Task<Dictionary<string, string>> Versions(IReadOnlyList<string> ids) => (await Store.Rows("SELECT delivery_id, version FROM deliveries"))
            .Where(row => ids.Contains(row[0])).ToDictionary(row => row[0], row => row[1]);

        public string Logs() => string.Join('\n', Nodes.Select(node => $"---\n{node.Log.Tail(25)}"));

        public async ValueTask DisposeAsync()
        {
            foreach (var node in Nodes)
            {
                await node.DisposeAsync();
            }

            await Sink.DisposeAsync();
            await Store.DisposeAsync();
            await _server.DisposeAsync();
            await Network.DisposeAsync();
        }

        private async Task Add(int host, (string Name, string Value)[] settings)
        {
            var address = Network.AddressOf(host);
            (string Name, string Value)[] own =
            [
                .. RunningCluster.Settings(string.Create(CultureInfo.InvariantCulture, $"n{host}")),
                ("MAILROOM_CLUSTER_ADDR", address + ":0"),
                ("MAILROOM_PUBLIC_HTTP_ADDR", address + ":0"),
                ("MAIL_SMTP_ADDR", string.Create(CultureInfo.InvariantCulture, $"{Network.Here}:{Sink.Port}")),
                .. settings,
            ];
            Nodes.Add(await RunningMailroom.StartBy(["ip", "netns", "exec", Network.Namespace(host)], Store, Sink.Port, own));
        }
    }
}
