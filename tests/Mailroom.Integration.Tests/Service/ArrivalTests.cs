using System.Globalization;
using System.Text;
using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>From a caller's POST to another system's mailbox, and back in what callers and operators are told.</summary>
public sealed class ArrivalTests
{
    private static readonly object Rich = new
    {
        from = "Käthe Müller <shop@example.com>",
        to = new[] { "Ada <ada@example.test>", "bob@example.test" },
        cc = "carol@example.test",
        bcc = new[] { "dave@example.test" },
        reply_to = "help@example.com",
        subject = "Grüße aus Köln – Bestellung 4711",
        text = ".first line with a dot\n\nJust text, with ümlauts.\n",
        html = "<p>Just <b>HTML</b>, with ümlauts.</p>",
        headers = new Dictionary<string, string> { ["X-Order"] = "4711" },
        attachments = new[] { new { filename = "rechnung ä.pdf", content = Convert.ToBase64String([0x25, 0x50, 0x44, 0x46, 0x00, 0xff]) } },
    };

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task A_mail_posted_over_HTTP_arrives_whole_at_another_server(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = await SmtpSink.Start(keepMails: true);
        await using var service = await RunningMailroom.Start(store, sink.Port);

        var id = await service.Accept(Rich);

        await sink.WaitForMails(1);
        await service.Until(id, "sent");
        var octets = sink.ReadMails().Single();
        Encoding.UTF8.GetString(octets).Split('\n').Where(line => line.StartsWith("X-Rcpt-Args:", StringComparison.Ordinal)).ShouldBe(
            ["X-Rcpt-Args: <ada@example.test>", "X-Rcpt-Args: <bob@example.test>", "X-Rcpt-Args: <carol@example.test>", "X-Rcpt-Args: <dave@example.test>"]);
        ShouldBeRich(await ReadMail.From(octets), id);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C32")]
    public async Task A_mail_arrives_in_a_real_postfix_over_STARTTLS(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var postfix = await Postfix.Start();
        await using var service = await RunningMailroom.Start(
            store, postfix.Port, ("MAILROOM_SMTP_SECURITY", "starttls"), ("MAIL_SMTP_INSECURE_SKIP_VERIFY", "true"));

        var id = await service.Accept(Rich);

        var mails = await postfix.WaitForMail(4);
        await service.Until(id, "sent");
        var octets = await Task.WhenAll(mails.Select(file => File.ReadAllBytesAsync(file)));
        octets.Select(mail => Encoding.UTF8.GetString(mail).Split('\n').Single(line => line.StartsWith("Delivered-To:", StringComparison.Ordinal)))
            .Order().ShouldBe(["Delivered-To: ada@example.test", "Delivered-To: bob@example.test", "Delivered-To: carol@example.test", "Delivered-To: dave@example.test"]);
        var read = await ReadMail.From(octets[0]);
        ShouldBeRich(read, id);
        read.Headers["received"].ShouldContain("with ESMTPS");
        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("provider_summary").GetString().ShouldNotBeNull().ShouldContain("queued as");
    }

    [Fact]
    public async Task A_server_whose_certificate_is_not_trusted_gets_no_mail()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var postfix = await Postfix.Start();
        await using var service = await RunningMailroom.Start(store, postfix.Port, ("MAILROOM_SMTP_SECURITY", "starttls"));

        var id = await service.Accept(Rich);

        await service.Until(id, "queued");
        var attempt = await FirstEnded(service, id);
        attempt.GetProperty("status").GetString().ShouldBe("transport_failed");
        attempt.GetProperty("reason").GetString().ShouldBe("tls_failed");
        postfix.Mails().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task What_became_of_it_is_told_to_callers_and_operators(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port);

        var id = await service.Accept(Rich);

        await sink.Ledger.WaitForMails(1);
        var delivery = await service.Until(id, "sent");
        var taken = sink.Ledger.Mails.Single();
        taken.MessageId.ShouldBe(TestMail.MessageId(id));
        taken.Sender.ShouldBe("shop@example.com");
        taken.Recipients.ShouldBe(["ada@example.test", "bob@example.test", "carol@example.test", "dave@example.test"]);
        delivery.GetProperty("recipients").EnumerateArray().Select(recipient => recipient.GetProperty("status").GetString()).ShouldAllBe(status => status == "sent");

        var attempt = (await service.Attempts(id)).ShouldHaveSingleItem();
        attempt.GetProperty("status").GetString().ShouldBe("provider_accepted");
        attempt.GetProperty("reply_code").GetInt32().ShouldBe(250);
        attempt.GetProperty("enhanced_code").GetString().ShouldBe("2.0.0");
        attempt.GetProperty("provider_summary").GetString().ShouldBe("2.0.0 Taken");
        attempt.GetProperty("remote_host").GetString().ShouldNotBeNull().ShouldContain("127.0.0.1");
        var conversation = attempt.GetProperty("conversation").GetString().ShouldNotBeNull();
        conversation.ShouldContain("MAIL FROM:<shop@example.com>");
        conversation.ShouldContain("354 Go on");
        conversation.ShouldNotContain("ümlauts");

        var email = await service.Read($"/api/v1/emails/{id}");
        email.GetProperty("status").GetString().ShouldBe("sent");
        email.GetProperty("last_event").GetString().ShouldBe("sent");
        var timeline = await service.Read($"/api/v1/emails/{id}/timeline");
        timeline.GetProperty("data").EnumerateArray().Select(entry => entry.GetProperty("event").GetString()).ShouldBe(
            ["accepted", "attempt_started", "attempt_ended", "sent"]);
        timeline.GetProperty("verdict").GetString().ShouldNotBeNull().ShouldContain("took responsibility");
    }

    [Fact]
    public async Task Production_takes_keys_made_on_the_command_line_and_shows_no_captured_mail()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        var environment = MailroomEnvironment.Of(store, sink.Port, MailroomEnvironment.Production);
        var key = await MailroomCommand.NewKey(environment);
        key.ShouldStartWith("mr_live_");
        await using var service = await RunningMailroom.StartWith(key, environment);

        var id = await service.Accept(Rich);

        await service.Until(id, "sent");
        sink.Ledger.Count.ShouldBe(1);
        using var client = new HttpClient();
        ((int)(await client.GetAsync(new Uri(service.Public, "/captured"))).StatusCode).ShouldBe(404);
    }

    private static async Task<JsonElement> FirstEnded(RunningMailroom service, string id)
    {
        JsonElement? first = null;
        await Eventually.True(
            async () => (first = (await service.Attempts(id)).Select(attempt => (JsonElement?)attempt).FirstOrDefault(attempt => attempt!.Value.GetProperty("ended_at").ValueKind != JsonValueKind.Null)) is not null,
            "the first attempt to end");
        return first!.Value;
    }

    private static void ShouldBeRich(ReadMail mail, string id)
    {
        mail.Defects.ShouldBeEmpty();
        mail.Headers["from"].ShouldBe("Käthe Müller <shop@example.com>");
        mail.Headers["to"].ShouldBe("Ada <ada@example.test>, bob@example.test");
        mail.Headers["cc"].ShouldBe("carol@example.test");
        mail.Headers.Keys.ShouldNotContain("bcc");
        mail.Headers["reply-to"].ShouldBe("help@example.com");
        mail.Headers["subject"].ShouldBe("Grüße aus Köln – Bestellung 4711");
        mail.Headers["x-order"].ShouldBe("4711");
        mail.Headers["message-id"].ShouldBe(TestMail.MessageId(id));
        DateTimeOffset.ParseExact(mail.Headers["date"], "ddd, dd MMM yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture)
            .ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        mail.Text.ShouldBe(".first line with a dot\n\nJust text, with ümlauts.\n");
        mail.Html.ShouldNotBeNull().TrimEnd().ShouldBe("<p>Just <b>HTML</b>, with ümlauts.</p>");
        mail.Attachments.ShouldHaveSingleItem().ShouldBe(new KeyValuePair<string, string>("rechnung ä.pdf", "2550444600ff"));
    }
}
