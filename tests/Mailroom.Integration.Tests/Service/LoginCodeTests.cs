using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>What becomes of a login code once its caller has been answered.</summary>
public sealed class LoginCodeTests
{
    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D36")]
    public async Task Right_after_the_answer_a_code_has_its_first_attempt_under_way_or_queued_and_later_it_is_sent(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = _ => true });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_ATTEMPT_WORKER_CONCURRENCY", "1"));
        using var inside = new Operator(service);

        // One is on the wire and two are claimed ahead of it; the next ones find nothing free.
        var first = await inside.SendLoginCode("jane@example.test", "challenge-1");
        await ShouldBe(service, first, "sending", "in_progress");
        await sink.WaitForStalled(1);
        string[] ahead = [await inside.SendLoginCode("joe@example.test", "challenge-2"), await inside.SendLoginCode("jim@example.test", "challenge-3")];
        string[] queued = [await inside.SendLoginCode("ann@example.test", "challenge-4"), await inside.SendLoginCode("amy@example.test", "challenge-5")];
        foreach (var id in ahead)
        {
            await ShouldBe(service, id, "sending", "in_progress");
        }

        foreach (var id in queued)
        {
            await ShouldBe(service, id, "queued", "scheduled");
        }

        sink.Faults = LedgerFaults.None;
        sink.ReleaseStalled();
        foreach (var id in (string[])[first, .. ahead, .. queued])
        {
            await service.Until(id, "sent");
            await ShouldBe(service, id, "sent", "provider_accepted");
        }
    }

    private static async Task ShouldBe(RunningMailroom service, string id, string status, string attemptStatus)
    {
        (await service.ReadInside($"/api/v1/internal/deliveries/{id}")).GetProperty("status").GetString().ShouldBe(status);
        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("attempt_no").GetInt32().ShouldBe(1);
        attempt.GetProperty("status").GetString().ShouldBe(attemptStatus);
        (attempt.GetProperty("started_at").ValueKind == JsonValueKind.Null).ShouldBe(attemptStatus == "scheduled");
    }
}
