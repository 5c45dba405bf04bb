using Mailroom.Simulation.Running;

namespace Mailroom.Simulation.Tests;

/// <summary>Thousands of worlds, each held against G1 to G6 and G8; any number more by the command of this project.</summary>
public sealed class SeedTests
{
    private const int Seeds = 2_000;

    [Fact]
    public void No_seed_breaks_a_promise()
    {
        var sweep = Sweep.Many(1, Seeds, Environment.ProcessorCount, new());

        var failing = sweep.Failures.FirstOrDefault();
        var failure = failing is null ? null : Sweep.One(failing.Seed, new(Keeps: true));
        failure?.Describe().ShouldBeNull();

        // A world in which nothing goes wrong proves nothing.
        sweep.Figures.Seeds.ShouldBe(Seeds);
        sweep.Figures.Kills.ShouldBeGreaterThan(Seeds / 2);
        sweep.Figures.Pauses.ShouldBeGreaterThan(Seeds / 4);
        sweep.Figures.Copies.ShouldBeGreaterThan(Seeds / 10);
        sweep.Figures.WorstShare.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_seed_goes_the_same_way_every_time(int nodes)
    {
        for (var seed = 1UL; seed <= 12; seed++)
        {
            var (first, again) = (Sweep.One(seed, new(nodes)), Sweep.One(seed, new(nodes, Keeps: true)));

            again.Digest.ShouldBe(first.Digest);
            again.Figures.Steps.ShouldBe(first.Figures.Steps);
            first.History.Lines().ShouldBeEmpty();
            again.History.Lines().ShouldNotBeEmpty();
        }
    }

    [Fact]
    public void Seeds_differ() =>
        Enumerable.Range(1, 20).Select(seed => Sweep.One((ulong)seed, new()).Digest).Distinct().Count().ShouldBe(20);
}
