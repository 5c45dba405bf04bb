using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>The file of SQLite is somebody else's for a while, has no room to grow, or is left in the midst of a checkpoint.</summary>
public sealed class SqliteFaultTests(ITestOutputHelper output) : IAsyncLifetime
{
    private TestStore _store = null!;
    private LedgerSink _sink = null!;

    private string File => Path.Combine(_store.DataFolder, "mail.db");

    public async Task InitializeAsync()
    {
        _store = await TestStore.Create(TestStore.Sqlite);
        _sink = LedgerSink.Start();
    }

    public async Task DisposeAsync()
    {
        await _sink.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task While_somebody_else_writes_the_file_mail_is_refused_and_flows_again_by_itself()
    {
        await using var service = await RunningMailroom.Start(_store, _sink.Port);
        await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

        Refusal refusal;
        await using (var other = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = File, Pooling = false }.ConnectionString))
        {
            await other.OpenAsync();
            await using var hold = other.CreateCommand();
            hold.CommandText = "BEGIN IMMEDIATE";
            await hold.ExecuteNonQueryAsync();
            refusal = await Refusal.Begins(service, ["database is locked"]);
        }

        await refusal.IsOver(_sink);
    }

    [Fact]
    public async Task While_the_disk_is_full_mail_is_refused_and_it_flows_again_once_there_is_room()
    {
        await using var disk = await SmallDisk.Create(megabytes: 16);
        var file = ("MAILROOM_SQLITE_PATH", Path.Combine(disk.Path, "mail.db"));
        await using (var service = await RunningMailroom.Start(_store, _sink.Port, file))
        {
            await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

            disk.Fill();
            var refusal = await Refusal.Begins(service, ["is full"]);
            disk.MakeRoom();

            await refusal.IsOver(_sink);
        }
    }

    [Fact]
    public async Task Killed_in_the_midst_of_a_checkpoint_the_file_is_whole_and_no_mail_is_lost()
    {
        const int MostTries = 5;
        await using var service = await RunningMailroom.Start(_store, _sink.Port);
        var accepted = new ConcurrentDictionary<string, string>();
        var tries = 0;
        var wasHit = false;
        while (!wasHit && tries < MostTries)
        {
            var posting = Task.WhenAll(Enumerable.Range(0, 4).Select(caller => Post(service, $"t{tries}c{caller}", accepted)));
            var checkpoint = Checkpoint.Begins(File);
            await Deadline.In().Wait(Task.WhenAny(checkpoint, posting), "a checkpoint to begin", () => service.Log.Tail());
            await service.Kill9();
            wasHit = Checkpoint.IsUnderWay(File);
            await posting;
            await service.Restart();
            (await _store.Rows("PRAGMA integrity_check")).ShouldHaveSingleItem().ShouldBe(["ok"]);
            tries++;
        }

        wasHit.ShouldBeTrue("no kill hit a checkpoint");
        var books = await Books.Close(_store, _sink, accepted, () => service.Log.Tail());
        output.WriteLine($"try {tries} hit a checkpoint: {books}");
        books.ShouldBalance(most: tries * 32);
    }

    /// <summary>Mails of a megabyte and a half, a dozen of which fill the log up to its checkpoint; until the process dies.</summary>
    private static async Task Post(RunningMailroom service, string caller, ConcurrentDictionary<string, string> accepted)
    {
        const int Most = 100;
        for (var number = 0; number < Most; number++)
        {
            var recipient = $"{caller}n{number}@example.test";
            var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(1_100_000), Base64FormattingOptions.InsertLineBreaks);
            try
            {
                accepted[recipient] = await service.Accept(new { from = "Shop <shop@example.com>", to = new[] { recipient }, subject = "Your order", text }, recipient);
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException)
            {
                return;
            }
        }
    }

    /// <summary>What the memory that SQLite's connections share says of the checkpoint ("WAL-Index Checkpoint Information", https://sqlite.org/walformat.html).</summary>
    private static class Checkpoint
    {
        private const int Written = 96;
        private const int Attempted = 128;

        public static Task Begins(string database) => Task.Factory.StartNew(
            () =>
            {
                // The moment is some milliseconds long, and nobody tells of it.
                var deadline = Deadline.In();
                while (!IsUnderWay(database) && !deadline.HasPassed)
                {
                    Thread.Yield();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        /// <summary>Frames were to be moved into the file, and they are not known to be there. Stays so when the process dies then.</summary>
        public static bool IsUnderWay(string database)
        {
            using var shared = new FileStream(database + "-shm", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            Span<byte> header = stackalloc byte[Attempted + sizeof(uint)];
            return shared.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
                && BitConverter.ToUInt32(header[Attempted..]) > BitConverter.ToUInt32(header[Written..]);
        }
    }
}
