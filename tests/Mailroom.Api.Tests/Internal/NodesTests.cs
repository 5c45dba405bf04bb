namespace Mailroom.Api.Tests.Internal;

public sealed class NodesTests : IAsyncLifetime
{
    private Edge _edge = null!;

    public async Task InitializeAsync() => _edge = await Edge.StartAsync();

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Fact]
    public async Task Operators_see_the_nodes_their_leases_and_who_owns_which_shard_under_which_epoch()
    {
        var shown = (await _edge.InsideAsync("GET", "nodes")).Json;

        var nodes = shown.GetProperty("nodes").EnumerateArray().ToList();
        nodes.Select(node => node.GetProperty("node").GetString()).ShouldBe(["mail-1", "mail-2"]);
        nodes.Select(node => node.GetProperty("shards").GetInt32()).ShouldBe([1, 1]);
        nodes.Select(node => node.GetProperty("lease_left_ms").GetInt64()).ShouldBe([9000, -2000]);
        nodes.Select(node => node.GetProperty("stopping").GetBoolean()).ShouldBe([false, true]);
        nodes.Select(node => node.GetProperty("answers_this").GetBoolean()).ShouldBe([true, false]);
        shown.GetProperty("free_shards").GetInt32().ShouldBe(1);
        var shards = shown.GetProperty("shards").EnumerateArray().ToList();
        shards.Select(shard => shard.GetProperty("epoch").GetInt64()).ShouldBe([7, 4, 9]);
        shards.Select(shard => shard.GetProperty("node").GetString()).ShouldBe(["mail-1", "mail-2", null]);
    }

    [Fact]
    public async Task The_listing_takes_no_parameters() => (await _edge.InsideAsync("GET", "nodes?x=1")).Status.ShouldBe(400);

    [Theory]
    [InlineData("/health/ready", 503)]
    [InlineData("/api/v1/does-not-exist", 404)]
    public async Task A_process_that_stops_asks_every_connection_to_close(string path, int status)
    {
        using var before = await _edge.Http.GetAsync(path);
        before.Headers.ConnectionClose.ShouldNotBe(true);

        _edge.Readiness.MarkStopping();

        using var after = await _edge.Http.GetAsync(path);
        ((int)after.StatusCode).ShouldBe(status);
        after.Headers.ConnectionClose.ShouldBe(true);
    }
}
