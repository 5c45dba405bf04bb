using System.Diagnostics;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Npgsql;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>SIGTERM while something that the service stands on is gone or silent. What it does otherwise is in <see cref="ShutdownTests"/>.</summary>
public sealed class TerminationTests(ITestOutputHelper output)
{
    private const string Patience = "3s";

    /// <summary><see cref="Patience"/>, and the end of a process on a machine that does other things too.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Requirement", "C19")]
    public async Task A_database_that_is_gone_or_silent_does_not_hold_the_exit_and_the_outcome_that_could_not_be_stored_is_uncertain(bool isSilent)
    {
        await using var server = await PostgresServer.Create();
        await using var store = TestStore.On(server);
        await using var hold = AnswerHold.Before(new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);
        await using var sink = LedgerSink.Start(new LedgerFaults { Dot = _ => DotFault.Stall });
        var dsn = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = hold.Port }.ConnectionString;
        await using var first = await RunningMailroom.Start(
            store, sink.Port, ("MAIL_POSTGRES_PRIMARY_DSN", dsn), ("MAIL_SHUTDOWN_TIMEOUT", Patience), ("MAIL_SMTP_TIMEOUT", "1m"));
        var id = await first.Accept(TestMail.To("ada@example.test"));
        await sink.WaitForStalled(1);

        if (isSilent)
        {
            hold.Hold();
        }
        else
        {
            await server.StopImmediately();
        }

        sink.ReleaseStalled();
        await sink.Ledger.WaitForMails(1);
        await Terminate(first, isSilent ? "silent database" : "no database");

        sink.Faults = LedgerFaults.None;
        if (!isSilent)
        {
            await server.Start();
        }

        await using var second = await RunningMailroom.Start(store, sink.Port);
        await second.Until(id, "sent");

        // A commit whose answer never came may have been made.
        var attempts = (await second.Attempts(id)).Select(attempt => attempt.GetProperty("status").GetString()).ToList();
        attempts[^1].ShouldBe("provider_accepted");
        attempts.Count(status => status == "uncertain").ShouldBe(sink.Ledger.CountOf(TestMail.MessageId(id)) - 1);
        (isSilent || attempts.Count == 2).ShouldBeTrue();
    }

    [Fact]
    [Trait("Requirement", "C46")]
    public async Task A_Redis_that_is_silent_does_not_hold_the_exit()
    {
        await using var redis = await TestRedis.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        await using var service = await RunningMailroom.Start(store, sink.Port, [.. redis.Settings(), ("MAIL_SHUTDOWN_TIMEOUT", Patience)]);
        await redis.Add(TestCommand.Numbered(0));
        await service.UntilTaken(TestCommand.Id(0), "sent");

        redis.Freeze();
        await Terminate(service, "silent Redis");
        redis.Thaw();
    }

    [Fact]
    [Trait("Requirement", "C07")]
    public async Task A_start_that_waits_is_given_up_at_once_and_says_so()
    {
        await using var database = await TestPostgres.Create();
        await using var store = TestStore.On(database);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, ("MAIL_POSTGRES_OPERATION_TIMEOUT", "1m"));
        (await MailroomCommand.Run(environment, "db", "up")).ExitCode.ShouldBe(0);
        await using var held = await HeldTable.Lock(database, "mail.schema_migrations");
        var command = ServiceCommand.Mailroom(environment);
        await using var child = ChildProcess.Start(command.FileName, command.Arguments, command.Environment);
        await held.WaitForWaiting(1);

        var since = Stopwatch.GetTimestamp();
        (await child.Terminate()).ShouldBe(69, child.Log.Tail());

        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(Bound);
        child.Log.Lines.ShouldContain("mailroom: Stopped before it had started.");
        await held.Release();
    }

    private async Task Terminate(RunningMailroom service, string state)
    {
        var since = Stopwatch.GetTimestamp();
        (await service.Terminate()).ShouldBe(0, service.Log.Tail());
        var took = Stopwatch.GetElapsedTime(since);
        output.WriteLine($"{state}: exit after {took.TotalMilliseconds:F0} ms");
        took.ShouldBeLessThan(Bound, service.Log.Tail());
    }
}
