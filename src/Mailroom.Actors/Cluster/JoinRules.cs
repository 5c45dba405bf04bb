namespace Mailroom.Actors.Cluster;

/// <summary>Who has to make room for a node that joins, and whom it may not join. Every store asks this within the transaction of the join.</summary>
public static class JoinRules
{
    /// <summary>The members whose place the node takes.</summary>
    /// <exception cref="JoinRefusedException">See there.</exception>
    public static IReadOnlyList<long> Replaced(NodeCard node, IReadOnlyList<Member> members)
    {
        var replaced = new List<long>();
        foreach (var member in members)
        {
            var isAlone = member.Address.Length == 0;
            if (member.Name == node.Name || (node.IsAlone && isAlone) || (node.IsAlone != isAlone && member.LeaseLeft <= TimeSpan.Zero))
            {
                replaced.Add(member.Incarnation);
            }
            else if (node.IsAlone != isAlone)
            {
                throw new JoinRefusedException(node.IsAlone
                    ? $"The database belongs to a cluster (node {member.Name} is a member): set MAILROOM_CLUSTER_ADDR and MAILROOM_CLUSTER_SECRET as there, or stop its nodes first."
                    : $"The database belongs to one node alone ({member.Name}, which runs without MAILROOM_CLUSTER_ADDR): stop it, or start it with MAILROOM_CLUSTER_ADDR too.");
            }
        }

        return replaced;
    }
}
