using System.Collections.Concurrent;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>What a real server's replies lead to.</summary>
public sealed class LadderTests
{
    private const string Later = "451 4.7.1 Try again later";
    private const string Never = "550 5.1.1 No such user";

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C33")]
    [Trait("Requirement", "C34")]
    public async Task A_recipient_that_is_always_deferred_is_tried_as_often_as_the_ladder_says_and_ends_as_one_dead_letter(string kind)
    {
        var asked = 0;
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => { Interlocked.Increment(ref asked); return Later; } });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_RETRY_LADDER", "1s,1s"));

        var id = await service.Accept(TestMail.To("later@example.test"));
        var delivery = await service.Until(id, "dead_letter");

        asked.ShouldBe(3);
        delivery.GetProperty("attempts_made").GetInt32().ShouldBe(3);
        var attempts = await service.Attempts(id);
        attempts.Select(attempt => attempt.GetProperty("status").GetString()).ShouldBe(["transport_failed", "transport_failed", "transport_failed"]);
        attempts.Select(attempt => attempt.GetProperty("reply_code").GetInt32()).ShouldBe([451, 451, 451]);
        attempts.Zip(attempts.Skip(1), (one, next) => At(next) - At(one)).ShouldAllBe(wait => wait >= TimeSpan.FromSeconds(1));
        (await store.Rows("SELECT delivery_id, final_attempt_no FROM dead_letters")).ShouldHaveSingleItem().ShouldBe([id, "3"]);
        (await store.Count("SELECT count(*) FROM deliveries WHERE status = 'dead_letter'")).ShouldBe(1);
        sink.Ledger.Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task A_recipient_that_is_refused_for_good_fails_at_once(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { Recipient = _ => Never });
        await using var service = await RunningMailroom.Start(store, sink.Port);

        var id = await service.Accept(TestMail.To("never@example.test"));
        await service.Until(id, "failed");

        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe("provider_rejected");
        attempt.GetProperty("reply_code").GetInt32().ShouldBe(550);
        attempt.GetProperty("enhanced_code").GetString().ShouldBe("5.1.1");
        (await store.Count("SELECT count(*) FROM dead_letters")).ShouldBe(0);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Of_three_recipients_only_the_deferred_one_is_tried_again(string kind)
    {
        var asked = new ConcurrentQueue<string>();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults
        {
            Recipient = address =>
            {
                asked.Enqueue(address);
                return address switch
                {
                    "never@example.test" => Never,
                    "later@example.test" when asked.Count(one => one == address) == 1 => Later,
                    _ => null,
                };
            },
        });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_RETRY_LADDER", "1s"));

        var id = await service.Accept(TestMail.To(["good@example.test", "never@example.test", "later@example.test"]));
        var delivery = await service.Until(id, "sent");

        asked.Order().ShouldBe(["good@example.test", "later@example.test", "later@example.test", "never@example.test"]);
        sink.Ledger.Mails.Select(mail => mail.Recipients.ShouldHaveSingleItem()).ShouldBe(["good@example.test", "later@example.test"]);
        sink.Ledger.Mails.Select(mail => mail.MessageId).Distinct().ShouldHaveSingleItem().ShouldBe(TestMail.MessageId(id));
        delivery.GetProperty("recipients").EnumerateArray().Select(recipient => recipient.GetProperty("status").GetString()).ShouldBe(["sent", "failed", "sent"]);
    }

    [Fact]
    [Trait("Requirement", "C41")]
    public async Task Credentials_that_the_server_refuses_are_named_and_not_tried_again()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Authentication = () => "535 5.7.8 Authentication credentials invalid" });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_USERNAME", "shop"), ("MAIL_SMTP_PASSWORD", "not-this-one"));

        var id = await service.Accept(TestMail.To("ada@example.test"));
        await service.Until(id, "failed");

        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe("provider_rejected");
        attempt.GetProperty("reason").GetString().ShouldBe("authentication_failed");
        attempt.GetProperty("reply_code").GetInt32().ShouldBe(535);
        attempt.GetProperty("conversation").GetString().ShouldNotBeNull().ShouldNotContain("not-this-one");
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("check MAIL_SMTP_USERNAME and MAIL_SMTP_PASSWORD", StringComparison.Ordinal)), "the log to name the credentials");
        service.Log.Tail(int.MaxValue).ShouldNotContain("not-this-one");
    }

    /// <summary>What the server refuses, with which reply; what the delivery and its first attempt become.</summary>
    public static TheoryData<string, string, string, string> Refusals => new()
    {
        { "login", "454 4.7.0 Temporary authentication failure", "queued", "transport_failed" },
        { "sender", "553 5.7.1 Sender address rejected: not owned by user", "failed", "provider_rejected" },
        { "sender", "451 4.7.1 Sender address not verified yet", "queued", "transport_failed" },
        { "starttls", "STARTTLS", "queued", "transport_failed" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    [Trait("Requirement", "C31")]
    [Trait("Requirement", "C32")]
    [Trait("Requirement", "C41")]
    [Trait("Requirement", "C42")]
    public async Task What_the_server_refuses_for_good_fails_and_the_rest_is_tried_again(string refused, string reply, string status, string attemptStatus)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(refused switch
        {
            "login" => new LedgerFaults { Authentication = () => reply },
            "sender" => new LedgerFaults { Sender = _ => reply },
            _ => LedgerFaults.None,
        });
        (string Name, string Value)[] settings = refused switch
        {
            "login" => [("MAIL_SMTP_USERNAME", "shop"), ("MAIL_SMTP_PASSWORD", "secret")],
            "starttls" => [("MAILROOM_SMTP_SECURITY", "starttls")],
            _ => [],
        };
        await using var service = await RunningMailroom.Start(store, sink.Port, settings);

        var id = await service.Accept(TestMail.To("ada@example.test"));
        await Eventually.True(
            async () => await service.Attempts(id) is [var first] && first.GetProperty("status").GetString() == attemptStatus,
            $"the attempt to be {attemptStatus}",
            detail: () => service.Log.Tail());

        (await service.Until(id, status)).GetProperty("last_attempt_no").GetInt32().ShouldBe(1);
        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("provider_summary").GetString().ShouldNotBeNull().ShouldContain(refused == "starttls" ? "STARTTLS" : reply[10..]);
        sink.Ledger.Count.ShouldBe(0);
    }

    private static DateTimeOffset At(JsonElement attempt) => attempt.GetProperty("started_at").GetDateTimeOffset();
}
