using Mailroom.Actors.Cluster;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Cluster;

/// <summary>What the cluster has to tell operators, as log lines.</summary>
internal sealed partial class ClusterLog(ILogger log) : IClusterEvents
{
    public void Joined(long incarnation, int members) => LogJoined(log, incarnation, members);

    public void MemberJoined(Member member) => LogMemberJoined(log, member.Name, member.Incarnation);

    public void MemberGone(Member member) => LogMemberGone(log, member.Name, member.Incarnation);

    public void DeclaresLost(Member member) => LogDeclares(log, member.Name, member.Incarnation);

    public void SharesChanged(int gained, int lost, int owned) => LogShares(log, gained, lost, owned);

    public void HandedOver(int shards, TimeSpan gap) => LogHandedOver(log, shards, (long)gap.TotalMilliseconds);

    public void RenewalFailed(Exception why) => LogRenewalFailed(log, why.Message);

    public void RenewalRecovered() => LogRenewalRecovered(log);

    public void WasDeclaredLost() => LogWasDeclaredLost(log);

    public void Replaced() => LogReplaced(log);

    [LoggerMessage(200, LogLevel.Information, "cluster: joined incarnation={Incarnation} members={Members}")]
    private static partial void LogJoined(ILogger log, long incarnation, int members);

    [LoggerMessage(201, LogLevel.Information, "cluster: node joined node={Node} incarnation={Incarnation}")]
    private static partial void LogMemberJoined(ILogger log, string node, long incarnation);

    [LoggerMessage(202, LogLevel.Information, "cluster: node gone node={Node} incarnation={Incarnation}")]
    private static partial void LogMemberGone(ILogger log, string node, long incarnation);

    [LoggerMessage(203, LogLevel.Warning, "cluster: node lost, its lease ran out and its shards are taken node={Node} incarnation={Incarnation}")]
    private static partial void LogDeclares(ILogger log, string node, long incarnation);

    [LoggerMessage(204, LogLevel.Information, "cluster: shards gained={Gained} lost={Lost} owned={Owned}")]
    private static partial void LogShares(ILogger log, int gained, int lost, int owned);

    [LoggerMessage(205, LogLevel.Information, "cluster: shards given to other nodes count={Count} ms={Milliseconds}")]
    private static partial void LogHandedOver(ILogger log, int count, long milliseconds);

    [LoggerMessage(206, LogLevel.Warning, "cluster: the lease could not be renewed, without it no mail is handed over reason={Reason}")]
    private static partial void LogRenewalFailed(ILogger log, string reason);

    [LoggerMessage(207, LogLevel.Information, "cluster: the lease is renewed again")]
    private static partial void LogRenewalRecovered(ILogger log);

    [LoggerMessage(208, LogLevel.Error, "cluster: the other nodes took this one for lost, it joins anew")]
    private static partial void LogWasDeclaredLost(ILogger log);

    [LoggerMessage(209, LogLevel.Critical, "cluster: another process has taken this node's place, this one stops: give each node a MAILROOM_NODE of its own, and set MAILROOM_CLUSTER_ADDR where several share a database")]
    private static partial void LogReplaced(ILogger log);
}
