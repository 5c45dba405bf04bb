using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>The settings of the next hop, seen on the wire.</summary>
public sealed class SmtpEffectTests
{
    [Theory]
    [InlineData("smtp", "sent", 1)]
    [InlineData("stub", "suppressed", 0)]
    [InlineData("capture", "sent", 0)]
    [Trait("Requirement", "D12")]
    [Trait("Requirement", "D28")]
    public async Task The_mode_decides_where_mail_goes(string mode, string status, int mails)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_MODE", mode));

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), status);

        sink.Ledger.Count.ShouldBe(mails);
        Directory.Exists(Path.Combine(store.DataFolder, "captured")).ShouldBe(mode == "capture");
    }

    [Fact]
    [Trait("Requirement", "D28")]
    public async Task The_login_that_is_set_is_used()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { Authentication = () => "235 2.7.0 Welcome" });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_USERNAME", "shop"), ("MAIL_SMTP_PASSWORD", "s3cret,=:"));

        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");

        sink.LastLogin.ShouldBe("shop:s3cret,=:");
        service.Log.Tail().ShouldNotContain("s3cret");
    }

    [Fact]
    [Trait("Requirement", "C45")]
    [Trait("Requirement", "D28")]
    public async Task An_attempt_is_given_up_at_the_time_that_is_set()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = _ => true });
        await using var service = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_TIMEOUT", "300ms"));

        var id = await service.Accept(TestMail.To("ada@example.test"));
        await Eventually.True(
            async () => await service.Attempts(id) is [var attempt] && attempt.GetProperty("status").GetString() == "timed_out",
            "the attempt to be timed out",
            TimeSpan.FromSeconds(10),
            () => service.Log.Tail());
    }

    [Theory]
    [InlineData(false, "transport_failed")]
    [InlineData(true, "provider_accepted")]
    [Trait("Requirement", "D28")]
    [Trait("Requirement", "D32")]
    public async Task A_certificate_that_signed_itself_is_taken_only_where_that_is_set_and_then_a_warning_is_logged(bool skip, string status)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var postfix = await Postfix.Start();
        await using var service = await RunningMailroom.Start(
            store, postfix.Port, ("MAILROOM_SMTP_SECURITY", "starttls"), ("MAIL_SMTP_INSECURE_SKIP_VERIFY", skip ? "true" : "false"));

        var id = await service.Accept(TestMail.To($"ada@{Postfix.Domain}"));

        await Eventually.True(
            async () => await service.Attempts(id) is [var attempt] && attempt.GetProperty("status").GetString() == status,
            $"the attempt to be {status}",
            detail: () => service.Log.Tail());
        service.Log.Lines.Count(line => line.Contains(" warn: ", StringComparison.Ordinal) && line.Contains("any certificate of the SMTP server is accepted", StringComparison.Ordinal))
            .ShouldBe(skip ? 1 : 0);
    }
}
