using Mailroom.Actors.Kernel;
using Mailroom.Data;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>A fresh database of one kind, looked at from beside the store as an operator would.</summary>
public interface IStoreUnderTest : IAsyncDisposable
{
    /// <summary>Makes the empty database.</summary>
    Task CreateAsync();

    /// <summary>Opens a store on it, without migrating.</summary>
    IMailroomStore Open();

    Task ExecuteAsync(string sql);

    /// <summary>A time as the database's own text says it.</summary>
    string Literal(Instant time);

    /// <summary>Bytes as the database's own text says them.</summary>
    string Literal(byte[] bytes);

    /// <summary>The first column of every row, as text.</summary>
    Task<IReadOnlyList<string?>> QueryAsync(string sql);
}
