using System.Text.Json;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Effects;

/// <summary>What is logged at which level.</summary>
public sealed class LogEffectTests
{
    private const string Warned = "the store is sqlite, so it is not used";

    [Theory]
    [InlineData("info", true, true)]
    [InlineData("warn", false, true)]
    [InlineData("error", false, false)]
    [Trait("Requirement", "D24")]
    public async Task Only_what_is_as_grave_as_set_is_logged(string level, bool says, bool warns)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, ("MAIL_LOG_LEVEL", level), ("MAIL_POSTGRES_PRIMARY_DSN", "postgres://u:p@127.0.0.1:1/mail"));
        var process = await ServiceProcess.Start(
            ServiceCommand.Mailroom(environment), Readiness.Line(line => line.Contains("is ready: dev profile", StringComparison.Ordinal)));
        await using (process)
        {
            (await process.Terminate()).ShouldBe(0);
        }

        // Disposed first, so that its last words have been read.
        var log = process.Log.Tail();
        log.Contains("scheduler: stopped", StringComparison.Ordinal).ShouldBe(says, log);
        log.Contains(Warned, StringComparison.Ordinal).ShouldBe(warns, log);
    }

    [Theory]
    [InlineData("info", false)]
    [InlineData("debug", true)]
    [Trait("Requirement", "D24")]
    public async Task Each_accepted_attempt_is_logged_at_debug_alone(string level, bool says)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, ("MAIL_LOG_LEVEL", level), ("MAIL_SMTP_MODE", "capture"));
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");

        (await service.Terminate()).ShouldBe(0);

        await Deadline.In().Wait(service.Log.Line(line => line.Contains("attempt worker pool: stopped", StringComparison.Ordinal)), "its last words");
        service.Log.Lines.Any(line => line.Contains("attempt worker: ended", StringComparison.Ordinal)).ShouldBe(says);
    }

    [Fact]
    public async Task A_line_for_collectors_is_one_JSON_object_with_a_time_of_RFC_3339()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, ("MAILROOM_LOG_FORMAT", "json"));
        var process = await ServiceProcess.Start(
            ServiceCommand.Mailroom(environment), Readiness.Line(line => line.Contains("is ready: dev profile", StringComparison.Ordinal)));
        await using (process)
        {
            (await process.Terminate()).ShouldBe(0);
        }

        var lines = process.Log.Lines.Where(line => line.StartsWith('{')).ToArray();
        lines.Length.ShouldBeGreaterThan(5);
        foreach (var line in lines)
        {
            using var json = JsonDocument.Parse(line);
            json.RootElement.GetProperty("Timestamp").GetString().ShouldNotBeNull().ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
        }
    }
}
