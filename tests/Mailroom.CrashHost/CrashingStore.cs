using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Streams;
using Mailroom.Data;

namespace Mailroom.CrashHost;

/// <summary>The real store, whose writes pass the point: <c>before</c> or <c>after</c> what is written.</summary>
internal sealed class CrashingStore(IMailroomStore store, CrashPoint crash) : IMailroomStore
{
    public ICommitStore Commits { get; } = new CrashingCommits(store.Commits, crash);

    public IStreamStore Streams { get; } = new CrashingStreams(store.Streams, crash);

    public IRetention Retention { get; } = new CrashingRetention(store.Retention, crash);

    public IDeliveryStore Deliveries => store.Deliveries;

    public IOwnership Ownership => store.Ownership;

    public IApiKeys ApiKeys => store.ApiKeys;

    public IOrgStore Orgs => store.Orgs;

    public IOperatorReads Operators => store.Operators;

    public IStoreAdmin Admin => store.Admin;

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
