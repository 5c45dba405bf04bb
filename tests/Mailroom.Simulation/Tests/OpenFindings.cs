using Mailroom.Simulation.Checking;

namespace Mailroom.Simulation.Tests;

/// <summary>
/// What the simulation has found and is not mended yet, so that the test of the seeds still guards all else. The command leaves nothing out. To be emptied: a test
/// says so once it no longer shows.
/// </summary>
internal static class OpenFindings
{
    /// <summary>
    /// A new holder of an org's window asks again, because it heard no answer, while another node waits for its turn: it is answered to use its window up, without
    /// the spacing that keeps its first call away from the old holder's last (seeds 239 and 4323).
    /// </summary>
    public static bool IsOpen(Finding finding) => finding.Kind == Broken.Rate;
}
