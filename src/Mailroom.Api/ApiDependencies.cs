using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Actors.Orgs;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api;

/// <summary>Everything that the HTTP edge asks of the rest. Both listeners take the same one.</summary>
public sealed record ApiDependencies
{
    public required IIntake Intake { get; init; }

    public required IActorHost Actors { get; init; }

    public required IDeliveryStore Deliveries { get; init; }

    public required IOrgStore Orgs { get; init; }

    public required IOperatorReads Operators { get; init; }

    public required IApiKeys Keys { get; init; }

    public required ITemplates Templates { get; init; }

    public required IStoreAdmin Store { get; init; }

    /// <summary>The store takes writes, as far as the last one tells.</summary>
    public required Func<bool> IsStoreAvailable { get; init; }

    /// <summary>Who shares the database, as it says now.</summary>
    public required Func<CancellationToken, ValueTask<ClusterView>> Cluster { get; init; }

    /// <summary>The captured mails to show without a login; null: there is no such page.</summary>
    public ICapturedMails? Captured { get; init; }

    public required TimeProvider Clock { get; init; }

    public required Readiness Readiness { get; init; }

    public required ILoggerFactory Logs { get; init; }
}
