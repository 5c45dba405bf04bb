using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Kills;

public sealed class ShutdownKillSqliteTests() : ShutdownKillTests(TestStore.Sqlite);

public sealed class ShutdownKillPostgresTests() : ShutdownKillTests(TestStore.Postgres);

/// <summary>The kill matrix of the shutdown: whoever sent SIGTERM loses patience and sends SIGKILL, or the process dies of something else.</summary>
public abstract class ShutdownKillTests(string kind)
{
    /// <summary>What holds the shutdown, what its log has said by then, and the attempts that the mail under way has in the end.</summary>
    public static TheoryData<string, string, string> Phases => new()
    {
        { "a request under way", "shutdown: started", "uncertain" },
        { "an attempt after its final dot", "public HTTP listener: stopped", "uncertain" },
        { "an attempt before its data", "SQL retention worker: stopped", "uncertain" },
    };

    [Theory]
    [MemberData(nameof(Phases))]
    [Trait("Requirement", "C19")]
    public async Task Killed_in_any_phase_of_its_shutdown_the_service_has_lost_nothing_at_the_next_start(string holds, string said, string attempt)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(
            holds == "an attempt before its data" ? new LedgerFaults { StallBeforeData = _ => true } : new LedgerFaults { Dot = _ => DotFault.Stall });
        string id;
        await using (var first = await RunningMailroom.Start(store, sink.Port, ("MAIL_SMTP_TIMEOUT", "1m")))
        {
            id = await first.Accept(TestMail.To("ada@example.test"));
            await sink.WaitForStalled(1);
            using var caller = holds == "a request under way" ? await HalfARequest(first.Public) : null;
            var stopped = first.Terminate();
            await Deadline.In().Wait(first.Log.Line(line => line.Contains(said, StringComparison.Ordinal)), said, () => first.Log.Tail());
            (await first.Kill9()).ShouldBe(137, first.Log.Tail());
            await stopped;
        }

        sink.Faults = LedgerFaults.None;
        await using var second = await RunningMailroom.Start(store, sink.Port);
        await second.Until(id, "sent");
        (await second.Attempts(id)).Select(ended => ended.GetProperty("status").GetString()).ShouldBe([attempt, "provider_accepted"]);
        sink.Ledger.Mails.Select(mail => mail.MessageId).ShouldBe([TestMail.MessageId(id)]);
    }

    /// <summary>What is broken off at half of the time is stored as interrupted; the process dies on either side of that commit.</summary>
    [Theory]
    [InlineData("before attempt_ended", "uncertain")]
    [InlineData("after attempt_ended", "interrupted")]
    [Trait("Requirement", "C19")]
    public async Task A_process_that_dies_over_what_it_breaks_off_leaves_it_to_the_next(string point, string attempt)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start(new LedgerFaults { StallBeforeData = _ => true });
        string id;
        await using (var first = await RunningMailroom.StartToDie(store, sink.Port, point, 1, ("MAIL_SMTP_TIMEOUT", "1m"), ("MAIL_SHUTDOWN_TIMEOUT", "2s")))
        {
            id = await first.Accept(TestMail.To("ada@example.test"));
            await sink.WaitForStalled(1);
            await first.Terminate();
            await first.Died();
        }

        sink.Faults = LedgerFaults.None;
        await using var second = await RunningMailroom.Start(store, sink.Port);
        await second.Until(id, "sent");
        (await second.Attempts(id)).Select(ended => ended.GetProperty("status").GetString()).ShouldBe([attempt, "provider_accepted"]);
        sink.Ledger.Mails.Select(mail => mail.MessageId).ShouldBe([TestMail.MessageId(id)]);
    }

    /// <summary>The listener has to wait for the rest of it.</summary>
    private static async Task<TcpClient> HalfARequest(Uri listener)
    {
        var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, listener.Port);
        await caller.GetStream().WriteAsync(Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"POST /api/v1/emails HTTP/1.1\r\nHost: {listener.Authority}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{")));
        return caller;
    }
}
