using Mailroom.Simulation.Checking;
using Mailroom.Simulation.Defects;
using Mailroom.Simulation.Running;

namespace Mailroom.Simulation.Tests;

/// <summary>The checker can fail: each deliberate defect is found, as what it is, within a stated number of seeds.</summary>
public sealed class DefectTests
{
    [Theory]
    [InlineData(nameof(Defect.FenceLeftOut), nameof(Broken.Store), 50)]
    [InlineData(nameof(Defect.OffsetMovedFirst), nameof(Broken.Intake), 10)]
    [InlineData(nameof(Defect.ClaimNotRecorded), nameof(Broken.Attempt), 10)]
    [InlineData(nameof(Defect.WindowForgotten), nameof(Broken.Rate), 30)]
    [InlineData(nameof(Defect.LimiterPerNode), nameof(Broken.Rate), 30)]
    [InlineData(nameof(Defect.AcknowledgedEarly), nameof(Broken.Loss), 50)]
    [InlineData(nameof(Defect.KeyNotChecked), nameof(Broken.Key), 10)]
    [InlineData(nameof(Defect.VersionNotChecked), nameof(Broken.Store), 50)]
    [InlineData(nameof(Defect.DeadClaimsForgotten), nameof(Broken.Recovery), 100)]
    [InlineData(nameof(Defect.LivingClaimsTaken), nameof(Broken.Attempt), 50)]
    [InlineData(nameof(Defect.UnknownTakenAsWritten), nameof(Broken.Loss), 50)]
    [InlineData(nameof(Defect.UnknownTakenAsRefused), nameof(Broken.Attempt), 10)]
    [InlineData(nameof(Defect.OutcomeDropped), nameof(Broken.Attempt), 100)]
    [InlineData(nameof(Defect.LeaseNotChecked), nameof(Broken.Attempt), 100)]
    [InlineData(nameof(Defect.LossDeclaredEarly), nameof(Broken.Store), 10)]
    [InlineData(nameof(Defect.LostForwardTakenAsDone), nameof(Broken.Attempt), 100)]
    [InlineData(nameof(Defect.NothingScanned), nameof(Broken.Loss), 10)]
    [InlineData(nameof(Defect.MovedNotScanned), nameof(Broken.Loss), 50)]
    public void A_defect_is_found(string defect, string kind, int within)
    {
        var broken = Enum.Parse<Broken>(kind);
        bool Shows(World.RunResult result) => result.Findings.Any(finding => finding.Kind == broken);

        var sweep = Sweep.Many(1, within, Environment.ProcessorCount, new(Defect: Enum.Parse<Defect>(defect)), failure => !Shows(failure));

        sweep.Failures.Any(Shows).ShouldBeTrue($"{defect} did not show as {kind} in {sweep.Figures.Seeds} seeds.");
    }
}
