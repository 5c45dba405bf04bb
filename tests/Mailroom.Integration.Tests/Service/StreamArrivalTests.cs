using System.Globalization;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Integration.Tests.Telemetry;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>From a producer's XADD to another system's mailbox, and back in what operators see.</summary>
public sealed class StreamArrivalTests
{
    private static readonly string[] Rich = TestCommand.Of("mail-rich", "rendered", new
    {
        to = new[] { "Ada <ada@example.test>", "bob@example.test" },
        cc = new[] { "carol@example.test" },
        bcc = new[] { "dave@example.test" },
        reply_to = new[] { "help@example.com" },
        subject = "Grüße aus Köln",
        text_body = ".first line with a dot\n\nJust text, with ümlauts.\n",
        html_body = "<p>Just <b>HTML</b>, with ümlauts.</p>",
        attachments = new[] { new { filename = "rechnung ä.pdf", content_type = "application/pdf", content_base64 = Convert.ToBase64String([0x25, 0x50, 0x00, 0xff]) } },
    });

    private static readonly string[] Templated = TestCommand.Of("mail-templated", "template", new
    {
        to = new[] { "eve@example.test" },
        template_id = "welcome",
        locale = "en-GB",
        variables = new { name = "Eve", product = "Shop", start_url = "https://shop.example.com/start", tips = new[] { "Look around." } },
    });

    private static readonly string[] WithoutRecipient = TestCommand.Of("mail-nobody", "rendered", new { to = Array.Empty<string>(), subject = "s", text_body = "t" });

    /// <summary>The copy of the offset is written at the end of an idle read.</summary>
    private static (string, string) SoonIdle => ("MAIL_STREAM_BLOCK_TIMEOUT", "100ms");

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C36")]
    [Trait("Requirement", "D01")]
    [Trait("Requirement", "D28")]
    public async Task Commands_of_both_modes_arrive_whole_at_another_server(string kind)
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = await SmtpSink.Start(keepMails: true);
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. redis.Settings(), ("MAIL_SMTP_FROM_NAME", "Shop, Inc.")]);

        await redis.Add(Rich);
        await redis.Add(Templated);

        await sink.WaitForMails(2);
        var mails = await Task.WhenAll(sink.ReadMails().Select(ReadMail.From));
        var rich = mails.Single(mail => mail.Headers["message-id"] == TestMail.MessageId("mail-rich"));
        rich.Defects.ShouldBeEmpty();
        rich.Headers["from"].ShouldBe("\"Shop, Inc.\" <noreply@example.com>");
        rich.Headers["to"].ShouldBe("Ada <ada@example.test>, bob@example.test");
        rich.Headers["cc"].ShouldBe("carol@example.test");
        rich.Headers.Keys.ShouldNotContain("bcc");
        rich.Headers["reply-to"].ShouldBe("help@example.com");
        rich.Headers["subject"].ShouldBe("Grüße aus Köln");
        rich.Text.ShouldBe(".first line with a dot\n\nJust text, with ümlauts.\n");
        rich.Html.ShouldNotBeNull().TrimEnd().ShouldBe("<p>Just <b>HTML</b>, with ümlauts.</p>");
        rich.Attachments.ShouldHaveSingleItem().ShouldBe(new KeyValuePair<string, string>("rechnung ä.pdf", "255000ff"));
        var templated = mails.Single(mail => mail.Headers["message-id"] == TestMail.MessageId("mail-templated"));
        templated.Headers["subject"].ShouldBe("Welcome to Shop, Eve");
        templated.Text.ShouldNotBeNull().ShouldContain("- Look around.");
        templated.Html.ShouldNotBeNull().ShouldContain("https://shop.example.com/start");

        var delivery = await service.UntilTaken("mail-rich", "sent");
        delivery.GetProperty("source").GetString().ShouldBe("notification");
        delivery.GetProperty("recipients").EnumerateArray().Select(recipient => recipient.GetProperty("address").GetString()).ShouldBe(
            ["ada@example.test", "bob@example.test", "carol@example.test", "dave@example.test"], ignoreOrder: true);
        (await service.UntilTaken("mail-templated", "sent")).GetProperty("source").GetString().ShouldBe("notification");
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C16")]
    [Trait("Requirement", "C47")]
    [Trait("Requirement", "C50")]
    public async Task A_malformed_command_is_logged_counted_and_shown_and_those_after_it_go_on(string kind)
    {
        await using var collector = await OtlpCollector.Start();
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. redis.Settings(), .. Exporting.To(collector)]);

        var entry = await redis.Add(WithoutRecipient);
        await redis.Add(TestCommand.Numbered(1));

        await service.UntilTaken(TestCommand.Id(1), "sent");
        var logged = await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("stream command rejected", StringComparison.Ordinal)), "the refusal in the log", () => service.Log.Tail());
        logged.ShouldContain($"failure_code=invalid_envelope delivery_id=mail-nobody source=notification stream_entry_id={entry}");
        await collector.Value("mail.stream_commands.malformed", "failure_code=invalid_envelope", 1);
        var shown = (await service.ReadInside("/api/v1/internal/malformed-commands")).GetProperty("data").EnumerateArray().ShouldHaveSingleItem();
        shown.GetProperty("stream").GetString().ShouldBe(TestCommand.Stream);
        shown.GetProperty("stream_entry_id").GetString().ShouldBe(entry);
        shown.GetProperty("failure_code").GetString().ShouldBe("invalid_envelope");
        shown.GetProperty("delivery_id").GetString().ShouldBe("mail-nobody");
        shown.GetProperty("source").GetString().ShouldBe("notification");
        shown.GetProperty("raw_fields").ToString().ShouldContain("notification:mail-nobody");
        sink.Ledger.Mails.ShouldHaveSingleItem().Recipients.ShouldBe([TestCommand.Recipient(1)]);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C23")]
    [Trait("Requirement", "D13")]
    [Trait("Requirement", "D14")]
    public async Task After_a_planned_restart_it_goes_on_behind_the_last_entry_it_took(string kind)
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. redis.Settings(), SoonIdle]);
        await redis.Add(TestCommand.Numbered(1));
        await redis.Add(WithoutRecipient);
        var last = await redis.Add(TestCommand.Numbered(2));
        await service.UntilTaken(TestCommand.Id(2), "sent");
        await CopyOf(redis, last);

        (await service.Terminate()).ShouldBe(0);
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains("command consumer: stopped clean=True", StringComparison.Ordinal)), "the consumer's last word", () => service.Log.Tail());
        service.Log.Lines.Count(line => line.Contains("command consumer: starting stream=", StringComparison.Ordinal)).ShouldBe(1);
        last = await redis.Add(TestCommand.Numbered(3));
        await service.Restart();

        await service.UntilTaken(TestCommand.Id(3), "sent");
        await CopyOf(redis, last);
        service.Log.Lines.ShouldNotContain(line => line.Contains("stream command rejected", StringComparison.Ordinal));
        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe([TestCommand.Recipient(1), TestCommand.Recipient(2), TestCommand.Recipient(3)]);
        (await store.Rows("SELECT offset_id, entries, gaps, resets FROM streams")).ShouldHaveSingleItem().ShouldBe([last, "4", "0", "0"]);
        (await redis.Cli("XINFO", "GROUPS", TestCommand.Stream)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "D14")]
    public async Task A_key_counts_once_whether_it_comes_again_in_the_stream_or_after_a_restart(string kind)
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, redis.Settings());

        await redis.Add(TestCommand.Numbered(1));
        await redis.Add(TestCommand.Numbered(1));
        await service.UntilTaken(TestCommand.Id(1), "sent");
        await service.Kill9();
        await service.Restart();
        await redis.Add(TestCommand.Numbered(1));
        var other = await redis.Add(TestCommand.Rendered(TestCommand.Id(1), "other@example.test"));
        await redis.Add(TestCommand.Numbered(2));
        await service.UntilTaken(TestCommand.Id(2), "sent");

        // The same key over HTTP is another source's, and so another mail.
        await service.Until(await service.Accept(TestMail.To("http@example.test"), $"notification:{TestCommand.Id(1)}"), "sent");

        sink.Ledger.Mails.SelectMany(mail => mail.Recipients).Order().ShouldBe(["http@example.test", TestCommand.Recipient(1), TestCommand.Recipient(2)]);
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(3);
        (await store.Rows("SELECT entry_id, failure_code FROM malformed_commands")).ShouldHaveSingleItem().ShouldBe([other, "idempotency_conflict"]);
    }

    [Fact]
    [Trait("Requirement", "D31")]
    public async Task Another_stream_may_be_named_and_the_usual_one_is_left_alone()
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(
            store, sink.Port, [.. redis.Settings(), ("MAIL_REDIS_COMMAND_STREAM", "turns"), SoonIdle]);

        await redis.Add(TestCommand.Numbered(1));
        var last = await redis.Add(TestCommand.Numbered(2), "turns");

        await service.UntilTaken(TestCommand.Id(2), "sent");
        await CopyOf(redis, last, "turns");
        (await store.Rows("SELECT stream FROM streams")).ShouldHaveSingleItem().ShouldBe(["turns"]);
        sink.Ledger.Mails.ShouldHaveSingleItem().Recipients.ShouldBe([TestCommand.Recipient(2)]);
        (await redis.Cli("KEYS", "*")).Split('\n').Order().ShouldBe([TestCommand.Stream, "turns", "turns:offset"]);
    }

    [Fact]
    [Trait("Requirement", "D31")]
    public async Task A_read_of_an_idle_stream_waits_as_long_as_the_setting_says_and_is_asked_again()
    {
        const int Block = 170;
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, [.. redis.Settings(), ("MAIL_STREAM_BLOCK_TIMEOUT", $"{Block}ms")]);

        var port = redis.Port.ToString(CultureInfo.InvariantCulture);
        await using var monitor = ChildProcess.Start(
            Executable.Find("redis-cli"), ["-h", "127.0.0.1", "-p", port, "-a", redis.Password, "--no-auth-warning", "MONITOR"]);
        var reads = await Reads(monitor, 4);

        reads.ShouldAllBe(read => read.Contains($"\"BLOCK\" \"{Block}\"", StringComparison.Ordinal));
        reads.Zip(reads.Skip(1), (one, next) => At(next) - At(one)).ShouldAllBe(wait => wait >= (Block - 5) / 1000.0);
    }

    private static Task CopyOf(TestRedis redis, string offset, string stream = TestCommand.Stream) =>
        Eventually.True(async () => await redis.Cli("GET", $"{stream}:offset") == offset, $"the copy of the offset to be {offset}");

    private static async Task<IReadOnlyList<string>> Reads(ChildProcess monitor, int count)
    {
        List<string> reads = [];
        await Deadline.In().Wait(
            monitor.Log.Line(line =>
            {
                if (line.Contains("\"XREAD\"", StringComparison.Ordinal))
                {
                    reads.Add(line);
                }

                return reads.Count == count;
            }),
            $"{count} reads of the stream", () => monitor.Log.Tail());
        return reads;
    }

    /// <summary>When the server took a command, in seconds.</summary>
    private static double At(string monitored) => double.Parse(monitored.AsSpan(0, monitored.IndexOf(' ')), CultureInfo.InvariantCulture);
}
