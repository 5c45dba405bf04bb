namespace Mailroom.Integration.Tests.Service;

/// <summary>Tests that load the machine or measure a time run after the others, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
