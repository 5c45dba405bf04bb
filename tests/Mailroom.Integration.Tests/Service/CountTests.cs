using System.Diagnostics;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>Every count agrees with every other. MAILROOM_TEST_COUNT_MAILS makes it larger.</summary>
[Collection(AloneCollection.Name)]
public sealed class CountTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Callers_store_and_next_hop_count_the_same_mails(string kind)
    {
        var mails = TestSize.Of("MAILROOM_TEST_COUNT_MAILS", 2_000);
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);
        var clients = new Clients(service, mails, connections: 32);

        var since = Stopwatch.GetTimestamp();
        await clients.Run();
        var posted = Stopwatch.GetElapsedTime(since).TotalSeconds;
        await sink.Ledger.WaitForMails(mails, TimeSpan.FromMinutes(5));
        var delivered = Stopwatch.GetElapsedTime(since).TotalSeconds;
        var books = await Books.Close(store, sink, clients.Accepted, () => service.Log.Tail());

        output.WriteLine($"{kind}: {mails} mails, posted in {posted:F1} s, delivered in {delivered:F1} s ({mails / delivered:F0} a second): {books}");
        books.ShouldBalance(most: 0);
        books.Accepted.ShouldBe(mails);
        sink.Ledger.Count.ShouldBe(mails);
        (await store.Rows("SELECT status, count(*) FROM deliveries GROUP BY status")).ShouldHaveSingleItem().ShouldBe(["sent", $"{mails}"]);
        (await store.Rows("SELECT status, count(*) FROM attempts GROUP BY status")).ShouldHaveSingleItem().ShouldBe(["provider_accepted", $"{mails}"]);
        (await store.Count("SELECT count(*) FROM idempotency")).ShouldBe(Enumerable.Range(0, mails).Count(number => !Clients.IsCareless(number)));
        (await Listed(service)).Order().ShouldBe(clients.Accepted.Values.Order());
    }

    /// <summary>The ids of all mails, page by page.</summary>
    private static async Task<List<string>> Listed(RunningMailroom service)
    {
        var ids = new List<string>();
        JsonElement page;
        do
        {
            page = await service.Read("/api/v1/emails?limit=100" + (ids.Count == 0 ? "" : $"&after={ids[^1]}"));
            ids.AddRange(page.GetProperty("data").EnumerateArray().Select(email => email.GetProperty("id").GetString()!));
        }
        while (page.GetProperty("has_more").GetBoolean());
        return ids;
    }
}
