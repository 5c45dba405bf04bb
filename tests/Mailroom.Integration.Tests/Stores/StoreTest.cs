using Mailroom.Data;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>A test of the stores: a migrated, empty database, and a node that has joined.</summary>
public abstract class StoreTest<TStore> : IAsyncLifetime
    where TStore : IStoreUnderTest, new()
{
    private IMailroomStore? _store;
    private World? _world;

    protected TStore Database { get; } = new();

    protected IMailroomStore Store => _store ?? throw new InvalidOperationException("The test was not initialised.");

    protected World World => _world ?? throw new InvalidOperationException("The test was not initialised.");

    public async Task InitializeAsync()
    {
        await Database.CreateAsync();
        _store = Database.Open();
        await _store.Admin.MigrateUpAsync(CancellationToken.None);
        _world = await World.JoinAsync(_store);
    }

    public async Task DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        await Database.DisposeAsync();
    }

    /// <summary>Closes the store and opens it again, as a restart does. The node has not joined again.</summary>
    protected async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        _store = Database.Open();
        _world = World.On(_store);
    }
}
