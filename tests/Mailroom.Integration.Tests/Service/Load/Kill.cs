using System.Globalization;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>One kill -9 and the restart after it.</summary>
/// <param name="Interrupted">The Message-IDs whose attempts were under way.</param>
/// <param name="Killed">When the process was gone.</param>
/// <param name="Ready">When the next one had opened its listeners.</param>
internal sealed record Kill(IReadOnlySet<string> Interrupted, DateTimeOffset Killed, DateTimeOffset Ready)
{
    public static async Task<Kill> Strike(RunningMailroom service, TestStore store)
    {
        await service.Kill9();
        var killed = DateTimeOffset.UtcNow;
        var sending = await store.Rows("SELECT delivery_id FROM deliveries WHERE status = 'sending'");
        await service.Restart();
        return new Kill(sending.Select(row => TestMail.MessageId(row[0])).ToHashSet(), killed, DateTimeOffset.UtcNow);
    }

    /// <summary>From ready to the first interrupted mail at the next hop, below zero where it was there before; null where nothing was interrupted.</summary>
    public TimeSpan? BackOnTheWire(LedgerSink sink) =>
        sink.Ledger.Mails.FirstOrDefault(mail => mail.At > Killed && Interrupted.Contains(mail.MessageId)) is { } first ? first.At - Ready : null;

    public string Describe(LedgerSink sink) => string.Create(
        CultureInfo.InvariantCulture,
        $"restart {(Ready - Killed).TotalMilliseconds:F0} ms, {Interrupted.Count} interrupted, first of them sent {BackOnTheWire(sink)?.TotalMilliseconds:F0} ms after ready");
}
