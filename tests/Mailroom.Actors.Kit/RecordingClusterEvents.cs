using Mailroom.Actors.Cluster;

namespace Mailroom.Actors.Kit;

/// <summary>What the cluster said, one line for each.</summary>
public sealed class RecordingClusterEvents : IClusterEvents
{
    private readonly Lock _gate = new();
    private readonly List<string> _said = [];

    public IReadOnlyList<string> Said
    {
        get
        {
            lock (_gate)
            {
                return [.. _said];
            }
        }
    }

    public void Joined(long incarnation, int members) => Say($"joined {incarnation} of {members}");

    public void MemberJoined(Member member) => Say($"came {member.Name}");

    public void MemberGone(Member member) => Say($"went {member.Name}");

    public void DeclaresLost(Member member) => Say($"declared lost {member.Name}");

    public void SharesChanged(int gained, int lost, int owned) => Say($"owns {owned}");

    public void HandedOver(int shards, TimeSpan gap) => Say($"gave {shards}");

    public void RenewalFailed(Exception why) => Say("renewal failed: " + why.Message);

    public void RenewalRecovered() => Say("renewal recovered");

    public void WasDeclaredLost() => Say("was declared lost");

    public void Replaced() => Say("replaced");

    private void Say(string line)
    {
        lock (_gate)
        {
            _said.Add(line);
        }
    }
}
