using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Integration.Tests.Stores;

public sealed class PostgresListTests : ListConformance<PostgresUnderTest>;

public sealed class SqliteListTests : ListConformance<SqliteUnderTest>;

/// <summary>Listings with every filter, alone and with every other, against what a plain search through all mail gives.</summary>
public abstract class ListConformance<TStore> : StoreTest<TStore>
    where TStore : IStoreUnderTest, new()
{
    private static readonly JsonElement NoVariables = JsonDocument.Parse("{}").RootElement;

    [Fact]
    public async Task Every_combination_of_filters_gives_what_fits_and_nothing_else_page_by_page()
    {
        var mails = await FillAsync();
        var middle = mails[mails.Count / 2].After.CreatedAt;
        OrgId?[] orgs = [null, new("org_a"), new("org_none")];
        DeliveryStatus?[] statuses =
        [
            null, DeliveryStatus.Queued, DeliveryStatus.Sending, DeliveryStatus.Sent, DeliveryStatus.DeadLetter, DeliveryStatus.Failed, DeliveryStatus.Canceled,
            DeliveryStatus.Delivered,
        ];
        string?[] sources = [null, "notification"];
        string?[] templates = [null, "welcome"];
        string?[] recipients = [null, "TWICE@example.test", "nobody@example.test"];
        (Instant? Since, Instant? Until)[] times = [(null, null), (middle, null), (null, middle)];
        foreach (var filter in
            from org in orgs
            from status in statuses
            from source in sources
            from template in templates
            from recipient in recipients
            from time in times
            select new DeliveryFilter(org, status) { Source = source, TemplateId = template, Recipient = recipient, Since = time.Since, Until = time.Until })
        {
            (await PagesAsync(filter, 7)).ShouldBe(Expected(mails, filter), filter.ToString());
        }
    }

    [Theory]
    [InlineData("Some.One+tag@Example.TEST", "some.one+TAG@example.test", true)]
    [InlineData("one@example.test", "on@example.test", false)]
    [InlineData("100%@example.test", "100_@example.test", false)]
    [InlineData("ä@example.test", "ä@example.test", true)]
    [InlineData("'; --@example.test", "'; --@EXAMPLE.test", true)]
    public async Task A_recipient_is_found_whatever_the_case_of_its_letters(string address, string asked, bool found)
    {
        await World.CommittedAsync(World.Accept(World.Command("a", World.Request(address))));
        (await PagesAsync(new(null) { Recipient = asked }, 10)).ShouldBe(found ? ["a"] : []);
    }

    [Fact]
    public async Task A_recipient_is_found_as_copy_and_as_blind_copy()
    {
        await World.CommittedAsync(World.Accept("a"));
        (await PagesAsync(new(null) { Recipient = "copy@example.test" }, 10)).ShouldBe(["a"]);
        (await PagesAsync(new(null) { Recipient = "blind@example.test" }, 10)).ShouldBe(["a"]);
    }

    [Fact]
    [Trait("Requirement", "C24")]
    public async Task What_became_of_a_mail_moves_it_between_listings()
    {
        var claimed = await World.CommittedAsync(World.Accept(World.Command("a") with { Claim = World.Claim() }));
        (await PagesAsync(new(null, DeliveryStatus.Sending), 10)).ShouldBe(["a"]);
        await World.CommittedAsync(World.Ended(claimed, Histories.Rejected));
        (await PagesAsync(new(null, DeliveryStatus.Sending), 10)).ShouldBeEmpty();
        (await PagesAsync(new(OrgId.Default, DeliveryStatus.Failed) { Source = "api" }, 10)).ShouldBe(["a"]);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public async Task A_listing_reads_no_attachment_and_a_single_read_reads_it_all(int size)
    {
        var bytes = new byte[size];
        Random.Shared.NextBytes(bytes);
        var request = World.Request() with { Html = new string('h', size), Attachments = [new("f.bin", null, null, bytes), new("g.bin", "image/png", "logo", bytes)] };
        await World.CommittedAsync(World.Accept(World.Command("a", request)));

        var listed = (await Store.Deliveries.ListAsync(new(null), null, 10, CancellationToken.None)).ShouldHaveSingleItem().Request;
        (listed.Attachments.Count, listed.Attachments[1].FileName, listed.Attachments[1].ContentId).ShouldBe((2, "g.bin", "logo"));
        listed.Attachments[0].Content.Length.ShouldBe(size > 100_000 ? 0 : size, "A payload that is small is read whole.");

        var found = (await Store.Deliveries.FindAsync(null, new("a"), CancellationToken.None))!.Request;
        found.Attachments.Select(file => file.Content.ToArray()).ShouldBe([bytes, bytes]);
        found.Html!.Length.ShouldBe(size);
        (await Store.Deliveries.PayloadsAsync(["a"], CancellationToken.None))["a"].Request.Attachments[1].Content.Span.SequenceEqual(bytes).ShouldBeTrue();
    }

    private static List<string> Expected(List<DeliveryChange> mails, DeliveryFilter filter) =>
    [
        .. mails.Where(mail => Fits(mail, filter))
            .OrderByDescending(mail => mail.After.CreatedAt).ThenByDescending(mail => mail.Id, StringComparer.Ordinal).Select(mail => mail.Id),
    ];

    private static bool Fits(DeliveryChange mail, DeliveryFilter filter)
    {
        var state = mail.After;
        return (filter.Org is null || state.Org == filter.Org) && (filter.Status is null || state.Status == filter.Status)
            && (filter.Source is null || state.Source == filter.Source) && (filter.TemplateId is null || Templated(mail.Id))
            && (filter.Recipient is null || (filter.Recipient.StartsWith("TWICE", StringComparison.Ordinal) && Twice(mail.Id)))
            && (filter.Since is null || state.CreatedAt >= filter.Since) && (filter.Until is null || state.CreatedAt < filter.Until);
    }

    private static bool Templated(string id) => id[^1] is '1' or '4' or '7';

    private static bool Twice(string id) => id[^1] is '2' or '3' or '4';

    private async Task<List<DeliveryChange>> FillAsync()
    {
        var random = new Random(20);
        var mails = new List<DeliveryChange>();
        for (var n = 0; n < 90; n++)
        {
            World.Now += TimeSpan.FromMilliseconds(random.Next(2));
            mails.Add(await LiveAsync(random, $"mail-{random.Next(10_000, 99_999)}{n:D3}"));
        }

        return mails;
    }

    private async Task<DeliveryChange> LiveAsync(Random random, string id)
    {
        var request = Twice(id) ? World.Request("twice@example.test", "Twice@Example.Test") : World.Request();
        request = Templated(id) ? request with { Template = new("welcome", null, NoVariables) } : request;
        var command = World.Command(id, request) with
        {
            Org = new(random.Next(2) == 0 ? "org_a" : "org_b"), Source = random.Next(2) == 0 ? "api" : "notification", Claim = World.Claim(),
        };
        return random.Next(6) switch
        {
            0 => await World.CommittedAsync(World.Accept(command with { Claim = null })),
            1 => await World.CommittedAsync(World.Accept(command)),
            2 => await World.DeadAsync(command),
            3 => await World.CommittedAsync(World.Ended(await World.CommittedAsync(World.Accept(command)), Histories.Rejected)),
            4 => await World.CommittedAsync(World.Next(await World.CommittedAsync(World.Accept(command with { Claim = null })), new CancelDelivery("me"))),
            _ => await World.CommittedAsync(World.Ended(await World.CommittedAsync(World.Accept(command)), Histories.Accepted)),
        };
    }

    private async Task<List<string>> PagesAsync(DeliveryFilter filter, int limit)
    {
        var listed = new List<string>();
        DeliveryCursor? after = null;
        while (true)
        {
            var page = await Store.Deliveries.ListAsync(filter, after, limit, CancellationToken.None);
            listed.AddRange(page.Select(row => row.State.Id.Value));
            if (page.Count < limit)
            {
                return listed;
            }

            after = new(page[^1].State.CreatedAt, page[^1].State.Id.Value);
        }
    }
}
