using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;
using Mailroom.Simulation.Checking;

namespace Mailroom.Simulation.World;

/// <summary>What a process tells its operators. Nothing here is poisoned, so a failure inside Mailroom is a finding.</summary>
internal sealed class SimEvents(SimProcess process, History history, Findings findings) : IKernelEvents, IAttemptEvents, IStreamEvents, IClusterEvents
{
    public void DecisionFailed(string kind, string id, string message, Exception why) => Fault(id, $"{kind} failed to decide {message}: {why}");

    public void Quarantined(string kind, string id, Exception why) => Fault(id, $"{kind} is set aside: {why}");

    public void ChangePoisoned(string kind, string id, Exception why) => Fault(id, $"A change of {kind} cannot be stored: {why}");

    public void Fenced(int shard) => Add("fenced", null, shard);

    public void StoreFailed(Exception why) => Add("store_failed");

    public void StoreRecovered() => Add("store_recovered");

    public void CallbackFailed(string kind, string id, Exception why) => Fault(id, $"A callback of {kind} failed: {why}");

    public void AttemptEnded(StartAttempt attempt, AttemptReport report) => Add("ended_" + report.Status.Name(), attempt.Id.Value, attempt.AttemptNo);

    public void Announced(Announce news) => Add("news_" + news.Reason, news.Id.Value, news.AttemptNo);

    public void ReportRefused(StartAttempt attempt, NotDone why) => Add("report_refused_" + why.Reason, attempt.Id.Value, attempt.AttemptNo);

    public void AttemptFaulted(DeliveryId delivery, Exception why) => Fault(delivery.Value, $"An attempt failed inside Mailroom: {why}");

    public void BatchTaken(string stream, StreamEntryId offset, int accepted, int replayed, int malformed) => Add("batch_taken", offset.ToString(), accepted, replayed);

    public void Rejected(string stream, StreamEntryId entry, string failureCode, string? deliveryId, string? source) => Add("rejected_" + failureCode, entry.ToString());

    public void GapFound(string stream, StreamEntryId offset, long? lost) => Add("gap", offset.ToString(), lost ?? -1);

    public void ResetFound(string stream, StreamEntryId offset, StreamEntryId? last) => Add("reset", offset.ToString());

    public void Unavailable(string stream, string part, Exception why) => Add("unavailable_" + part);

    public void Recovered(string stream, string part) => Add("recovered_" + part);

    public void Lost(string stream) => Add("stream_lost");

    public void Faulted(string stream, StreamEntryId entry, Exception why) => Fault(entry.ToString(), $"The intake failed over an entry: {why}");

    public void Joined(long incarnation, int members) => Add("is_member", null, incarnation, members);

    public void MemberJoined(Member member) => Add("sees_joined", null, member.Incarnation);

    public void MemberGone(Member member) => Add("sees_gone", null, member.Incarnation);

    public void DeclaresLost(Member member) => Add("declares_lost", null, member.Incarnation);

    public void SharesChanged(int gained, int lost, int owned) => Add("shares", null, gained - lost, owned);

    public void HandedOver(int shards, TimeSpan gap) => Add("handed_over", null, shards, (long)gap.TotalMilliseconds);

    public void RenewalFailed(Exception why)
    {
        Add("renewal_failed");
        if (why is not (StoreUnavailableException or OperationCanceledException))
        {
            Fault(null, $"A beat failed: {why}");
        }
    }

    public void RenewalRecovered() => Add("renewal_recovered");

    public void WasDeclaredLost() => Add("was_declared_lost");

    public void Replaced() => Add("replaced");

    private void Add(string what, string? id = null, long one = 0, long two = 0) => history.Add(process.Machine.Number, what, id, one, two);

    private void Fault(string? id, string text) => findings.Add(Broken.Fault, id, text);
}
