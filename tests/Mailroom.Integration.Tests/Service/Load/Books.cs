using System.Globalization;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>What callers were told, what the store says and what the next hop took, set against each other.</summary>
/// <param name="Accepted">Mails answered 202.</param>
/// <param name="Delivered">Mails that the next hop took, each counted once.</param>
/// <param name="Lost">Accepted mails that it never took.</param>
/// <param name="Unfinished">Accepted mails that are not stored as <c>sent</c>.</param>
/// <param name="Twins">Recipients whose one mail became two deliveries.</param>
/// <param name="Duplicates">How many copies too many were taken.</param>
/// <param name="UncertainAttempts">Attempts that are stored as uncertain.</param>
/// <param name="Unexplained">Deliveries with more copies too many than uncertain attempts.</param>
internal sealed record Books(
    int Accepted, int Delivered, IReadOnlyList<string> Lost, IReadOnlyList<string> Unfinished, IReadOnlyList<string> Twins, int Duplicates, int UncertainAttempts,
    IReadOnlyList<string> Unexplained)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Waits until no delivery waits any more, and closes the books.</summary>
    public static async Task<Books> Close(TestStore store, LedgerSink sink, IReadOnlyDictionary<string, string> accepted, Func<string> log)
    {
        await sink.Ledger.WaitForMails(accepted.Count, Patience);
        await Eventually.True(
            async () => await store.Count("SELECT count(*) FROM deliveries WHERE status IN ('scheduled', 'queued', 'rendered', 'sending')") == 0,
            "every delivery to come to an end",
            Patience,
            log);

        var status = (await store.Rows("SELECT delivery_id, status FROM deliveries")).ToDictionary(row => row[0], row => row[1]);
        var uncertain = (await store.Rows("SELECT delivery_id, count(*) FROM attempts WHERE status = 'uncertain' GROUP BY delivery_id"))
            .ToDictionary(row => TestMail.MessageId(row[0]), row => int.Parse(row[1], CultureInfo.InvariantCulture));
        var taken = sink.Ledger.Mails.GroupBy(mail => mail.MessageId).ToDictionary(copies => copies.Key, copies => copies.ToList());
        return new Books(
            accepted.Count,
            taken.Count,
            [.. accepted.Values.Where(id => !taken.ContainsKey(TestMail.MessageId(id)))],
            [.. accepted.Values.Where(id => status.GetValueOrDefault(id) != "sent")],
            [.. taken.Values.SelectMany(copies => copies[0].Recipients).GroupBy(recipient => recipient).Where(group => group.Count() > 1).Select(group => group.Key)],
            taken.Values.Sum(copies => copies.Count - 1),
            uncertain.Values.Sum(),
            [.. taken.Where(mail => mail.Value.Count - 1 > uncertain.GetValueOrDefault(mail.Key)).Select(mail => mail.Key)]);
    }

    /// <summary>G1, G2 and G4: nothing lost, nothing left open, nothing taken twice that no uncertain attempt explains.</summary>
    /// <param name="most">How many duplicates there may be.</param>
    public void ShouldBalance(int most)
    {
        Lost.ShouldBeEmpty();
        Unfinished.ShouldBeEmpty();
        Twins.ShouldBeEmpty();
        Unexplained.ShouldBeEmpty();
        Duplicates.ShouldBeLessThanOrEqualTo(most);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"accepted {Accepted}, delivered {Delivered}, lost {Lost.Count}, duplicates {Duplicates}, uncertain attempts {UncertainAttempts}");
}
