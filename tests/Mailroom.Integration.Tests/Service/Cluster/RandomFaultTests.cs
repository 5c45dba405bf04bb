using Mailroom.Faults;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Cluster;

/// <summary>A short run of what <c>tests/Mailroom.Faults</c> does at length.</summary>
[Collection(AloneCollection.Name)]
public sealed class RandomFaultTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Requirement", "D18")]
    public async Task Through_a_few_random_kills_of_nodes_PostgreSQL_and_Redis_nothing_is_lost_and_every_copy_is_explained()
    {
        var reckoning = await FaultRun.RunAsync(
            new FaultOptions { Kills = 6, Seed = 5, Rate = 100, Lease = TimeSpan.FromSeconds(3), Most = TimeSpan.FromSeconds(40), Pace = TimeSpan.FromSeconds(1), Slack = TimeSpan.FromSeconds(3) }, output.WriteLine);

        reckoning.Violations.ShouldBeEmpty();
    }
}
