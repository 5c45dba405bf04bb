using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Streams;

namespace Mailroom.Data;

/// <summary>One database with everything that Mailroom keeps in it.</summary>
public interface IMailroomStore : IAsyncDisposable
{
    ICommitStore Commits { get; }

    IDeliveryStore Deliveries { get; }

    IOwnership Ownership { get; }

    IApiKeys ApiKeys { get; }

    IOrgStore Orgs { get; }

    IOperatorReads Operators { get; }

    IRetention Retention { get; }

    IStreamStore Streams { get; }

    IStoreAdmin Admin { get; }
}
