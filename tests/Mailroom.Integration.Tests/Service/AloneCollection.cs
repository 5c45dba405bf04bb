// Most of a test's time is a process that starts or a limit that runs out, on any machine.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Mailroom.Integration.Tests.Service;

/// <summary>Tests that load the machine or measure a time run after the others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
