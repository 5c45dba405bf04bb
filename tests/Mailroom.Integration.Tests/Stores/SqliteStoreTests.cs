using Mailroom.Actors.Kernel;
using Mailroom.Data.Sqlite;
using Microsoft.Data.Sqlite;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>What only a file can do.</summary>
public sealed class SqliteStoreTests : StoreTest<SqliteUnderTest>
{
    [Fact]
    public async Task A_file_in_use_is_refused_by_name_and_free_after_it_was_closed()
    {
        Should.Throw<StoreInUseException>(() => Database.Open()).Message.ShouldContain(Database.Path);
        await ReopenAsync();
        (await Store.Admin.IsHealthyAsync(CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task Closing_moves_the_log_into_the_file()
    {
        await World.CommittedAsync(World.Accept("logged"));
        new FileInfo(Database.Path + "-wal").Length.ShouldBeGreaterThan(0);
        await Store.DisposeAsync();
        File.Exists(Database.Path + "-wal").ShouldBeFalse();
        await ReopenAsync();
    }

    [Fact]
    public async Task A_commit_is_flushed_before_it_is_told()
    {
        await World.CommittedAsync(World.Accept("flushed"));
        (await Database.QueryAsync("PRAGMA journal_mode")).ShouldBe(["wal"]);
        using var copy = new TemporaryCopy(Database.Path);
        copy.Ids().ShouldContain("flushed");
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_is_told_so_and_not_kept()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "letter.txt");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("This is a letter and not a database. ", 100)));
        Should.Throw<StoreUnavailableException>(() => SqliteStore.Open(new(path, TimeSpan.FromSeconds(1)), TimeProvider.System)).Message.ShouldContain(path);
        File.Delete(path);
        await using var store = SqliteStore.Open(new(path, TimeSpan.FromSeconds(1)), TimeProvider.System);
        (await store.Admin.IsHealthyAsync(CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_file_that_somebody_else_writes_is_unavailable_until_it_is_free()
    {
        var change = World.Accept("waits");
        await using (var other = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database.Path, Pooling = false }.ConnectionString))
        {
            await other.OpenAsync();
            await using var hold = other.CreateCommand();
            hold.CommandText = "BEGIN IMMEDIATE";
            await hold.ExecuteNonQueryAsync();
            await Should.ThrowAsync<StoreUnavailableException>(() => World.CommitAsync(change));
            (await Store.Admin.IsHealthyAsync(CancellationToken.None)).ShouldBeTrue();
        }

        await World.CommittedAsync(change);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":memory:")]
    public void A_path_that_is_no_file_is_refused(string path) =>
        Should.Throw<ArgumentException>(() => SqliteStore.Open(new(path, TimeSpan.FromSeconds(1)), TimeProvider.System));

    /// <summary>What a machine that stops now would find on its disk.</summary>
    private sealed class TemporaryCopy : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public TemporaryCopy(string database)
        {
            foreach (var file in new[] { database, database + "-wal" })
            {
                File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
            }

            Database = Path.Combine(_folder.Path, Path.GetFileName(database));
        }

        private string Database { get; }

        public IReadOnlyList<string> Ids()
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database, Pooling = false }.ConnectionString);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT delivery_id FROM deliveries";
            using var reader = command.ExecuteReader();
            var ids = new List<string>();
            while (reader.Read())
            {
                ids.Add(reader.GetString(0));
            }

            return ids;
        }

        public void Dispose() => _folder.Dispose();
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("mailroom-store-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
