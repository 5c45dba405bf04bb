using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Data;

/// <summary>One database with everything that Mailroom keeps in it.</summary>
public interface IMailroomStore : IAsyncDisposable
{
    ICommitStore Commits { get; }

    IDeliveryStore Deliveries { get; }

    IOwnership Ownership { get; }

    IApiKeys ApiKeys { get; }

    IStoreAdmin Admin { get; }
}
