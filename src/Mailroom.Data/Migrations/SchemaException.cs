namespace Mailroom.Data.Migrations;

/// <summary>The store's schema is not one that this build can work with, and trying again does not help.</summary>
public sealed class SchemaException(string message) : Exception(message)
{
    internal static SchemaException TooNew(int version, string name) => new(
        $"The store has migration {version} ({name}), which this build does not know: run the newer build again, or revert it there with 'mailroom db down'.");

    internal static SchemaException Changed(int version, string name) => new(
        $"Migration {version} ({name}) is not the one that was applied to the store: run a build that has the original.");
}
