using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>A server that asks for less mail of one sender.</summary>
[Collection(AloneCollection.Name)]
public sealed class ThrottleTests
{
    [Fact]
    [Trait("Requirement", "A36")]
    public async Task An_org_that_is_told_to_slow_down_makes_no_calls_until_then_and_uses_up_no_attempt_while_others_send()
    {
        const int Mails = 4;
        const string Throttle = "421 4.7.0 Too many messages, try again in 3 seconds";
        var calls = new CallLog();
        var throttled = 0;
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Sender = sender =>
            {
                calls.Note(sender);
                return sender.StartsWith("acme", StringComparison.Ordinal) && Interlocked.Increment(ref throttled) == 1 ? Throttle : null;
            },
        });

        // A throttled attempt that counted would be followed by the next one in a week.
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_RETRY_LADDER", "168h"));
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", rps: 100);
        var first = await acme.Accept("ada@example.test");
        await calls.WaitFor(acme.Sender, 1, () => service.Log.Tail());
        await service.Until(first, "queued");
        var since = DateTimeOffset.UtcNow;
        for (var i = 1; i < Mails; i++)
        {
            await acme.Accept("ada@example.test");
        }

        await service.Until(await service.Accept(TestMail.To("bob@example.test")), "sent");
        (DateTimeOffset.UtcNow - since).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        (await service.ReadInside("/api/v1/internal/orgs/acme")).GetProperty("provider_hold_until").GetDateTimeOffset().ShouldBeGreaterThan(since);
        await calls.WaitFor(acme.Sender, 1 + Mails, () => service.Log.Tail());
        var delivery = await service.Until(first, "sent");

        var times = calls.Of(acme.Sender);
        (times[1] - times[0]).ShouldBeInRange(TimeSpan.FromSeconds(2.9), TimeSpan.FromSeconds(6));
        delivery.GetProperty("attempts_made").GetInt32().ShouldBe(1);
        var attempts = await service.Attempts(first);
        attempts.Select(attempt => (attempt.GetProperty("status").GetString(), attempt.GetProperty("counted").GetBoolean()))
            .ShouldBe([("transport_failed", false), ("provider_accepted", true)]);
        attempts[0].GetProperty("reason").GetString().ShouldBe("throttled");
        (await store.Count("SELECT count(*) FROM dead_letters")).ShouldBe(0);
    }
}
