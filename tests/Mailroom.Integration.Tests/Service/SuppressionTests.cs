using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Integration.Tests.Telemetry;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>A server that does not want to write to a recipient: an end that is no failure.</summary>
public sealed class SuppressionTests
{
    private const string Suppressed = "mail.delivery.suppressed";
    private const string DeadLetters = "mail.delivery.dead_letters";

    [Theory]
    [InlineData(TestStore.Sqlite, "550 5.7.1 Recipient blocked by policy 4711")]
    [InlineData(TestStore.Postgres, "550 5.7.1 Address is on the suppression list")]
    [Trait("Requirement", "C35")]
    [Trait("Requirement", "C38")]
    [Trait("Requirement", "C39")]
    [Trait("Requirement", "C40")]
    public async Task A_recipient_that_the_server_suppresses_ends_its_mail_as_suppressed_with_the_servers_words_and_counts_as_no_failure(string kind, string reply)
    {
        var asked = 0;
        await using var collector = await OtlpCollector.Start();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Recipient = address =>
            {
                Interlocked.Increment(ref asked);
                return address switch
                {
                    "gone@example.test" => reply,
                    "never@example.test" => "550 5.1.1 No such user",
                    _ => null,
                };
            },
        });
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. Exporting.To(collector), ("MAIL_RETRY_LADDER", "1s")]);
        await collector.Value(Suppressed, null, 0);

        var id = await service.Accept(TestMail.To("gone@example.test"));
        var delivery = await service.Until(id, "suppressed");

        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe("provider_rejected");
        attempt.GetProperty("reason").GetString().ShouldBe("provider_suppressed");
        (attempt.GetProperty("reply_code").GetInt32(), attempt.GetProperty("enhanced_code").GetString()).ShouldBe((550, "5.7.1"));
        attempt.GetProperty("provider_summary").GetString().ShouldNotBeNull().ShouldContain(reply[10..]);
        delivery.GetProperty("next_attempt_at").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        delivery.GetProperty("recipients")[0].GetProperty("status").GetString().ShouldBe("suppressed");
        await collector.Value(Suppressed, null, 1);

        // A failure beside it: what counts failures sees that one and not the other. It takes as long as a second attempt would.
        await service.Until(await service.Accept(TestMail.To("never@example.test")), "failed");
        await collector.Value("mail.attempt.outcomes", "status=provider_rejected", 2);
        collector.Newest(Suppressed, null)!.Value.ShouldBe(1);
        collector.Newest(DeadLetters, null)!.Value.ShouldBe(0);
        (await store.Rows("SELECT status, count(*) FROM deliveries GROUP BY status ORDER BY status")).ShouldBe([["failed", "1"], ["suppressed", "1"]]);
        (await store.Count("SELECT count(*) FROM dead_letters")).ShouldBe(0);
        asked.ShouldBe(2);
    }
}
