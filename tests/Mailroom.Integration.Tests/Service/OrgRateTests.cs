using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>
/// An org's limit as the next hop sees it. Calls are spaced 15 % wider than the limit asks for, so that no second holds more of them
/// even where some are late on the way.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class OrgRateTests(ITestOutputHelper output)
{
    private const string Shop = "shop@example.com";

    /// <summary>G8. What the last process may still have called is waited for in it.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(TestStore.Sqlite, null, 5)]
    [InlineData(TestStore.Postgres, 20, 50)]
    [Trait("Requirement", "A35")]
    [Trait("Requirement", "A36")]
    public async Task Of_many_mails_at_once_no_second_has_more_calls_than_the_limit_and_another_orgs_mail_does_not_wait(string kind, int? rps, int mails)
    {
        var limit = rps ?? 2;
        var calls = new CallLog();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", rps);

        await Task.WhenAll(Enumerable.Range(0, mails).Select(_ => acme.Accept("ada@example.test")));
        var since = DateTimeOffset.UtcNow;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => service.Accept(TestMail.To("bob@example.test"))));
        await calls.WaitFor(Shop, 20, () => service.Log.Tail());
        var overtaken = mails - calls.Of(acme.Sender).Count;
        await calls.WaitFor(acme.Sender, mails, () => service.Log.Tail());

        var times = calls.Of(acme.Sender);
        var took = times[^1] - times[0];
        var planned = (mails - 1) * TimeSpan.FromSeconds(1.15 / limit);
        output.WriteLine($"{kind}, {limit} a second: most in a second {calls.MostInASecond(acme.Sender)}, {took.TotalMilliseconds:F0} ms for the {planned.TotalMilliseconds:F0} that the spacing asks for");
        output.WriteLine($"the other org's last call {(calls.Of(Shop)[^1] - since).TotalMilliseconds:F0} ms after its mail was posted, {overtaken} mails overtaken");
        calls.MostInASecond(acme.Sender).ShouldBeLessThanOrEqualTo(limit);
        took.ShouldBeLessThan(planned + TimeSpan.FromSeconds(2));
        overtaken.ShouldBeGreaterThan(0);
        (calls.Of(Shop)[^1] - since).ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "A37")]
    public async Task A_limit_that_is_changed_holds_from_the_next_call_on(string kind)
    {
        const int Mails = 60;
        const int Slow = 1;
        const int Fast = 50;
        var calls = new CallLog();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", Slow);
        await Task.WhenAll(Enumerable.Range(0, Mails).Select(_ => acme.Accept("ada@example.test")));
        await calls.WaitFor(acme.Sender, 1, () => service.Log.Tail());

        await acme.SetRps(Fast);
        var since = DateTimeOffset.UtcNow;
        await calls.WaitFor(acme.Sender, Mails, () => service.Log.Tail());

        var took = calls.Of(acme.Sender)[^1] - since;
        output.WriteLine($"{kind}: {Mails} mails {took.TotalMilliseconds:F0} ms after the change, most in a second {calls.MostInASecond(acme.Sender)}");
        took.ShouldBeLessThan(TimeSpan.FromSeconds(Mails * 1.15 / Slow / 10));
        calls.MostInASecond(acme.Sender).ShouldBeLessThanOrEqualTo(Fast);

        var sofar = calls.Of(acme.Sender).Count;
        await acme.SetRps(Slow);
        await acme.Accept("ada@example.test");
        await acme.Accept("ada@example.test");
        await calls.WaitFor(acme.Sender, sofar + 2, () => service.Log.Tail());
        (calls.Of(acme.Sender)[^1] - calls.Of(acme.Sender)[^2]).ShouldBeGreaterThan(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "A35")]
    public async Task Killed_and_started_again_in_the_middle_an_org_keeps_its_limit_and_goes_on_soon(string kind)
    {
        const int Mails = 15;
        const int Limit = 5;
        var calls = new CallLog();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Sender = calls.Note });
        await using var service = await RunningMailroom.Start(store, sink.Port);
        using var inside = new Operator(service);
        using var acme = await inside.MakeOrg("acme", Limit);
        await Task.WhenAll(Enumerable.Range(0, Mails).Select(_ => acme.Accept("ada@example.test")));
        await calls.WaitFor(acme.Sender, 5, () => service.Log.Tail());

        await service.Kill9();
        var before = calls.Of(acme.Sender).Count;
        await service.Restart();
        var ready = DateTimeOffset.UtcNow;
        await calls.WaitFor(acme.Sender, before + 1, () => service.Log.Tail());
        await Eventually.True(async () => await store.Count("SELECT count(*) FROM deliveries WHERE status = 'sent'") == Mails, "all mail to be sent", detail: () => service.Log.Tail());

        var back = calls.Of(acme.Sender)[before] - ready;
        output.WriteLine($"{kind}: most in a second {calls.MostInASecond(acme.Sender)}, first call {back.TotalMilliseconds:F0} ms after ready, {calls.Of(acme.Sender).Count} calls for {Mails} mails");
        calls.MostInASecond(acme.Sender).ShouldBeLessThanOrEqualTo(Limit);
        back.ShouldBeLessThan(BackWithin);
    }
}
