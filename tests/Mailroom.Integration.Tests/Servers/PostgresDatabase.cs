using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

/// <summary>A new database for each test class that asks for it as a fixture.</summary>
public sealed class PostgresDatabase : IAsyncLifetime
{
    private TestPostgres? database;

    public TestPostgres Database => database ?? throw new InvalidOperationException("The fixture was not initialised.");

    public async Task InitializeAsync() => database = await TestPostgres.Create();

    public Task DisposeAsync() => database?.DisposeAsync().AsTask() ?? Task.CompletedTask;
}
