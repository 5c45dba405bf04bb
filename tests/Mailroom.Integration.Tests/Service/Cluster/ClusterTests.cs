using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Cluster;

/// <summary>Nodes that work together: it makes no difference which of them is asked.</summary>
public sealed class ClusterTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nodes_share_the_shards_and_a_third_gets_its_part_within_five_seconds()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"]);
        (await cluster.Shares()).Values.ShouldBe([32, 32]);

        var third = await cluster.Add("n3");
        var ready = DateTimeOffset.UtcNow;
        await cluster.UntilEven(TimeSpan.FromSeconds(5));
        output.WriteLine($"even {(DateTimeOffset.UtcNow - ready).TotalMilliseconds:F0} ms after the third was ready: {string.Join(", ", await cluster.Shares())}");

        var members = await RunningCluster.Members(third);
        members.Select(member => member.GetProperty("node").GetString()).ShouldBe(["n1", "n2", "n3"]);
        members.Sum(member => member.GetProperty("shards").GetInt32()).ShouldBe(RunningCluster.Shards);
        members.Single(member => member.GetProperty("answers_this").GetBoolean()).GetProperty("node").GetString().ShouldBe("n3");
    }

    [Fact]
    public async Task Any_node_accepts_reads_cancels_and_knows_keys_of_all_and_both_send()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var redis = await TestRedis.Create();
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"], redis.Settings());
        var (one, two) = (cluster["n1"], cluster["n2"]);

        // Ids that callers choose come by the stream, whatever node reads it.
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => redis.Add(TestCommand.Numbered(number))));
        foreach (var number in Enumerable.Range(0, 40))
        {
            await (number % 2 == 0 ? one : two).UntilTaken(TestCommand.Id(number), "sent");
        }

        var later = new { from = "shop@example.com", to = "later@example.test", subject = "Later", text = "Later.", scheduled_at = DateTimeOffset.UtcNow.AddHours(1) };
        foreach (var (at, other) in new[] { (one, two), (two, one) })
        {
            var id = await at.Accept(later);
            (await other.Read($"/api/v1/emails/{id}")).GetProperty("id").GetString().ShouldBe(id);
            (await Cancel(other, id)).ShouldBe(HttpStatusCode.OK);
            (await Cancel(at, id)).ShouldBe(HttpStatusCode.OK);
            (await Cancel(at, "em_00000000-0000-7000-8000-000000000000")).ShouldBe(HttpStatusCode.NotFound);
        }

        var first = await one.Accept(TestMail.To("key@example.test"), "a-key");
        (await two.Accept(TestMail.To("key@example.test"), "a-key")).ShouldBe(first);
        using (var other = await two.Post(TestMail.To("key@example.test", "Another subject"), "a-key"))
        {
            other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        }

        await one.Until(first, "sent");
        (await Cancel(two, first)).ShouldBe(HttpStatusCode.Conflict);
        sink.Ledger.Duplicates().ShouldBeEmpty();
        sink.Ledger.Count.ShouldBe(41);
    }

    [Fact]
    [Trait("Requirement", "B34")]
    public async Task A_pause_that_one_node_was_told_of_holds_on_the_other_and_so_does_its_end()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        var calls = new CallLog();
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note });
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"]);
        using var inside = new Operator(cluster["n1"]);
        using var outside = new Operator(cluster["n2"]);
        using var acme = await inside.MakeOrg("acme", rps: 100);
        using var there = new TestOrg(cluster["n2"], acme.Id, acme.Key);
        await acme.Accept("ada@example.test");
        await there.Accept("ada@example.test");
        await calls.WaitFor(acme.Sender, 2, cluster.Logs);

        await inside.Pause(acme.Id);
        string[] waiting = [await acme.Accept("bob@example.test"), await there.Accept("bob@example.test")];
        await cluster["n2"].Until(await cluster["n2"].Accept(TestMail.To("other@example.test")), "sent");
        await cluster["n1"].Until(await cluster["n1"].Accept(TestMail.To("other@example.test")), "sent");
        foreach (var id in waiting)
        {
            await cluster["n2"].Until(id, "queued");
        }

        calls.Of(acme.Sender).Count.ShouldBe(2);
        await outside.Resume(acme.Id);
        await calls.WaitFor(acme.Sender, 4, cluster.Logs);
        foreach (var id in waiting)
        {
            await cluster["n1"].Until(id, "sent");
        }
    }

    [Fact]
    [Trait("Requirement", "A35")]
    public async Task A_limited_orgs_mail_on_both_nodes_keeps_its_limit_and_both_nodes_take_turns()
    {
        const int Limit = 20;
        const int Each = 60;
        await using var store = await TestStore.Create(TestStore.Postgres);
        var calls = new CallLog();
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note });
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"]);
        using var inside = new Operator(cluster["n1"]);
        using var acme = await inside.MakeOrg("acme", Limit);
        using var there = new TestOrg(cluster["n2"], acme.Id, acme.Key);

        var ids = await Task.WhenAll(Enumerable.Range(0, Each).SelectMany(_ => new[] { acme.Accept("ada@example.test"), there.Accept("ada@example.test") }));
        var owners = new Dictionary<string, string>();
        foreach (var id in ids)
        {
            owners[TestMail.MessageId(id)] = await cluster.OwnerOf(id);
        }

        await sink.Ledger.WaitForMails(2 * Each);
        var order = sink.Ledger.Mails.Select(mail => owners[mail.MessageId]).ToList();
        var turns = order.Zip(order.Skip(1)).Count(pair => pair.First != pair.Second);
        var firstHalf = order.Take(Each).CountBy(node => node).ToDictionary();
        output.WriteLine($"most in a second {calls.MostInASecond(acme.Sender)} of {Limit}, {turns} turns, of the first half {string.Join(", ", firstHalf)}, {(calls.Of(acme.Sender)[^1] - calls.Of(acme.Sender)[0]).TotalSeconds:F1} s");
        calls.MostInASecond(acme.Sender).ShouldBeLessThanOrEqualTo(Limit);
        firstHalf.Keys.Order().ShouldBe(["n1", "n2"]);
        turns.ShouldBeGreaterThan(1);

        // A limit that the other node is told of holds on both.
        await there.SetRps(5);
        var before = calls.Of(acme.Sender).Count;
        await Task.WhenAll(Enumerable.Range(0, 6).SelectMany(_ => new[] { acme.Accept("ada@example.test"), there.Accept("ada@example.test") }));
        await calls.WaitFor(acme.Sender, before + 12, cluster.Logs);
        SlidingSecond.Most([.. calls.Of(acme.Sender).Skip(before)]).ShouldBeLessThanOrEqualTo(5);
    }

    [Fact]
    public async Task Of_two_processes_with_the_same_name_the_first_stops_with_78_and_says_why()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1", "n2"]);
        var first = cluster["n1"];
        await using var second = await RunningMailroom.Start(store, sink.Port, RunningCluster.Settings("n1"));

        (await Deadline.In().Wait(first.Exited, "the first process to stop", () => first.Log.Tail())).ShouldBe(78);
        first.Log.Tail().ShouldContain("another process has taken this node's place, this one stops: give each node a MAILROOM_NODE of its own");
        await cluster.UntilShared(["n1", "n2"]);
        await second.Until(await second.Accept(TestMail.To("ada@example.test")), "sent");
        await cluster["n2"].Until(await cluster["n2"].Accept(TestMail.To("bob@example.test")), "sent");
    }

    [Fact]
    public async Task A_node_with_another_secret_does_not_start_and_whoever_knocks_without_it_is_refused_and_takes_nothing()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var cluster = await RunningCluster.Start(store, sink, ["n1"]);

        var refused = await RefusedStart.Of(MailroomEnvironment.Of(store, sink.Port, RunningCluster.Settings("n2", "another-secret-of-tests")));
        refused.ShouldSay("set the same MAILROOM_CLUSTER_SECRET on all nodes");
        refused.ExitCode.ShouldBe(78);
        cluster["n1"].Log.Tail().ShouldContain("cluster listener: refused, the caller does not show the cluster's secret");

        var address = (await RunningCluster.Members(cluster["n1"])).Single().GetProperty("address").GetString();
        using var stranger = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (var shown in new[] { null, new AuthenticationHeaderValue("Bearer", "another-secret-of-tests"), new AuthenticationHeaderValue("Basic", "YTpi") })
        {
            stranger.DefaultRequestHeaders.Authorization = shown;
            foreach (var path in new[] { "/cluster/v1/ask", "/cluster/v1/tell" })
            {
                using var answer = await stranger.PostAsJsonAsync(new Uri(address + path), new { kind = "org", id = "org_all", message = "pause_outbound" });
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            }
        }

        (await cluster.Shares()).ShouldBe(new Dictionary<string, long> { ["n1"] = RunningCluster.Shards });
        await cluster["n1"].Until(await cluster["n1"].Accept(TestMail.To("ada@example.test")), "sent");
    }

    private static async Task<HttpStatusCode> Cancel(RunningMailroom at, string id)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", at.Key) } };
        using var response = await http.PostAsync(new Uri(at.Public, $"/api/v1/emails/{id}/cancel"), null);
        return response.StatusCode;
    }
}
