using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary><see cref="Books"/> where mails come by the stream: their producer is not told when they are accepted.</summary>
internal static class StreamBooks
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Waits until each delivery is in the store and at its end, and closes the books.</summary>
    public static async Task<Books> Close(TestStore store, LedgerSink sink, IReadOnlyDictionary<string, string> accepted, Func<string> log)
    {
        await sink.Ledger.WaitForMails(accepted.Count, Patience);
        await Eventually.True(
            async () => await store.Count("SELECT count(*) FROM deliveries") >= accepted.Count, $"{accepted.Count} deliveries in the store", Patience, log);
        return await Books.Close(store, sink, accepted, log);
    }

    /// <summary>Each command has become one delivery, none was refused, and the stream was never found to lack one.</summary>
    /// <param name="deliveries">Those that came by the stream.</param>
    public static async Task ShouldHaveTakenEach(TestStore store, int deliveries)
    {
        (await store.Rows("SELECT source, count(*) FROM deliveries WHERE source = 'notification' GROUP BY source"))
            .ShouldHaveSingleItem().ShouldBe(["notification", $"{deliveries}"]);
        (await store.Rows("SELECT entry_id, failure_code FROM malformed_commands")).ShouldBeEmpty();
        (await store.Rows("SELECT gaps, resets FROM streams")).ShouldHaveSingleItem().ShouldBe(["0", "0"]);
    }
}
