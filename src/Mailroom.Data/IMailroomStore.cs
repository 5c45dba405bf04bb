using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;

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

    IStoreAdmin Admin { get; }
}
