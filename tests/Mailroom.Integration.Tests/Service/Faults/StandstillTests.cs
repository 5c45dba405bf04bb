using System.Diagnostics;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>
/// A process that gets no time: it is stopped and goes on, or has next to no threads. That nobody else's work is written by one that stood still
/// while another took over is in <see cref="OwnershipTests"/>.
/// </summary>
public sealed class StandstillTests(ITestOutputHelper output)
{
    private const int Mails = 300;

    /// <summary>Longer than every time limit that is set here, so that all of them have passed when the process goes on.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D18")]
    public async Task A_process_that_stood_still_longer_than_its_time_limits_goes_on_without_a_loss(string kind)
    {
        const int Pauses = 2;
        const int Workers = 16;
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port,
            [.. redis.Settings(), ("MAIL_POSTGRES_OPERATION_TIMEOUT", "500ms"), ("MAIL_SMTP_TIMEOUT", "1s"), ("MAIL_RETRY_LADDER", "1s,1s,1s,1s")]);
        var clients = new Clients(service, Mails, connections: 8);
        var load = clients.Run();

        for (var pause = 1; pause <= Pauses; pause++)
        {
            await Deadline.In().Wait(Task.WhenAny(clients.HaveAccepted(pause * Mails / 4), load), $"the moment of pause {pause}", () => service.Log.Tail());
            service.Pause();
            var since = Stopwatch.GetTimestamp();
            await Eventually.True(() => Stopwatch.GetElapsedTime(since) >= Pause, "the pause to be over");
            service.Resume();
        }

        await Deadline.In(TimeSpan.FromMinutes(1)).Wait(load, "every mail to be posted", () => service.Log.Tail());
        await redis.Add(TestCommand.Numbered(0));
        await service.UntilTaken(TestCommand.Id(0), "sent");
        var accepted = clients.Accepted.Append(new(TestCommand.Recipient(0), TestCommand.Id(0))).ToDictionary();
        var books = await Books.Close(store, sink, accepted, () => service.Log.Tail());

        output.WriteLine($"{kind}: {books}; refused {clients.Refusals.Count}, broken {clients.Broken}");
        books.Lost.ShouldBeEmpty();
        books.Unfinished.ShouldBeEmpty();
        books.Twins.ShouldBeEmpty();
        books.Duplicates.ShouldBeLessThanOrEqualTo(Pauses * Workers);
    }

    /// <summary>Work that blocks a thread of the pool while it waits for other work of the pool would come to a standstill here.</summary>
    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Two_threads_of_the_pool_are_enough_for_all_of_the_service(string kind)
    {
        const int Threads = 2;
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. redis.Settings(), ("DOTNET_ThreadPool_ForceMaxWorkerThreads", $"{Threads}")]);
        await new Producer(redis).Run(Mails);
        var clients = new Clients(service, Mails, connections: 8);
        await Deadline.In(TimeSpan.FromMinutes(1)).Wait(clients.Run(), "every mail to be posted", () => service.Log.Tail());
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == 2 * Mails, "all mail to be sent", detail: () => service.Log.Tail(20));

        WorkerThreads(service.Id).ShouldBeInRange(1, Threads);
        (await service.Terminate()).ShouldBe(0);
        sink.Ledger.Duplicates().ShouldBeEmpty();
    }

    private static int WorkerThreads(int process) => Directory.EnumerateDirectories($"/proc/{process}/task")
        .Count(task => File.ReadAllText(Path.Combine(task, "comm")).StartsWith(".NET TP Worker", StringComparison.Ordinal));
}
