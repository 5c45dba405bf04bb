using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>Outbound mail that operators stop, over restarts, until they let it go on.</summary>
public sealed class PauseTests
{
    private const string Shop = "shop@example.com";
    private const string Codes = "noreply@example.com";

    /// <summary>Longer than a paused org is asked again after, so that two of them show that it stays so.</summary>
    private static readonly (string Name, string Value)[] Summaries = [("MAILROOM_LOG_SUMMARY_INTERVAL", "1200ms"), ("MAILROOM_SCHEDULE_METRICS_INTERVAL", "100ms")];

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "B34")]
    [Trait("Requirement", "B36")]
    public async Task A_paused_orgs_mail_is_accepted_and_waits_also_after_kill_9_while_others_send_and_all_of_it_goes_when_it_is_resumed(string kind)
    {
        const int Mails = 5;
        var calls = new CallLog();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note });
        await using var service = await RunningMailroom.Start(store, sink.Port, Summaries);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", rps: 100);
        await service.Until(await acme.Accept("ada@example.test"), "sent");

        await inside.Pause(acme.Id);
        for (var i = 0; i < Mails; i++)
        {
            await acme.Accept("ada@example.test");
        }

        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "sent");
        await ShouldStayWaiting(service, Mails);
        await service.Kill9();
        (await store.Count("SELECT count(*) FROM deliveries WHERE org_id = 'acme' AND status = 'queued'")).ShouldBe(Mails);
        await service.Restart();
        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "sent");
        await ShouldStayWaiting(service, Mails);
        calls.Of(acme.Sender).Count.ShouldBe(1);
        (await service.ReadInside("/api/v1/internal/orgs/acme")).GetProperty("outbound").GetProperty("paused").GetBoolean().ShouldBeTrue();

        await inside.Resume(acme.Id);
        await calls.WaitFor(acme.Sender, 1 + Mails, () => service.Log.Tail());

        calls.Of(Shop).Count.ShouldBe(2);
        sink.Ledger.Duplicates().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "B34")]
    public async Task While_all_is_paused_only_what_was_on_the_wire_arrives_not_even_a_login_code_and_all_goes_when_it_is_resumed(string kind)
    {
        var calls = new CallLog();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note, StallBeforeData = to => to[0] == "slow@example.test" });
        await using var service = await RunningMailroom.Start(store, sink.Port, Summaries);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", rps: 100);
        var onTheWire = await service.Accept(TestMail.To("slow@example.test"));
        await sink.WaitForStalled(1);

        await inside.PauseAll();
        string[] waiting =
        [
            await service.Accept(TestMail.To("bob@example.test")),
            await acme.Accept("ada@example.test"),
            await inside.SendLoginCode("jane@example.test", "challenge-1"),
        ];
        sink.ReleaseStalled();
        await service.Until(onTheWire, "sent");
        await ShouldStayWaiting(service, waiting.Length);
        await service.Kill9();
        await service.Restart();
        await ShouldStayWaiting(service, waiting.Length);
        foreach (var id in waiting)
        {
            await service.Until(id, "queued");
        }

        (calls.Of(Shop).Count, calls.Of(acme.Sender).Count, calls.Of(Codes).Count).ShouldBe((1, 0, 0));
        await inside.ResumeAll();
        foreach (var id in waiting)
        {
            await service.Until(id, "sent");
        }

        (calls.Of(Shop).Count, calls.Of(acme.Sender).Count, calls.Of(Codes).Count).ShouldBe((2, 1, 1));
    }

    /// <summary>So much mail waits, and none of it is in memory, in two looks with more than a check of the pause between them.</summary>
    private static async Task ShouldStayWaiting(RunningMailroom service, int mails)
    {
        var told = 0;
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains($"scheduler: waiting={mails} ", StringComparison.Ordinal) && line.Contains(" in_line=0 running=0 ", StringComparison.Ordinal) && ++told == 2),
            $"two summaries that {mails} mails wait",
            () => service.Log.Tail());
    }
}
