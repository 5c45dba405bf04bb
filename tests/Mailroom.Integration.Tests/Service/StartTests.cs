using System.Net;
using System.Net.Sockets;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>Starts that must not succeed: one clear message, an exit code other than 0, and no port was open at any time.</summary>
public sealed class StartTests
{
    private const int Configuration = 78;
    private const int Unavailable = 69;

    private const string NoServer = "postgres://mailroom:secret@127.0.0.1:1/mailroom";

    /// <summary>What is set (a value of "" takes a variable away), the exit code, and a text of the message.</summary>
    public static TheoryData<string, string, int, string> WrongSettings => new()
    {
        { "MAIL_SMTP_TIMEOUT", "soon", Configuration, "mailroom.smtp.timeout (MAIL_SMTP_TIMEOUT) is \"soon\"" },
        { "MAIL_SMTP_ADR", "127.0.0.1:25", Configuration, "Did you mean MAIL_SMTP_ADDR?" },
        { "MAIL_SMTP_ADDR", "", Configuration, "MAIL_SMTP_ADDR" },
        { "MAIL_SMTP_USERNAME", "somebody", Configuration, "MAIL_SMTP_PASSWORD" },
        { "MAIL_POSTGRES_PRIMARY_DSN", "", Configuration, "MAIL_POSTGRES_PRIMARY_DSN" },
        { "ENCRYPTION_KEY", "", Configuration, "openssl rand -base64 32" },
        { "ENCRYPTION_KEY", "c2hvcnQ=", Configuration, "ENCRYPTION_KEY" },
        { "MAILROOM_SHARDS", "63", Configuration, "MAILROOM_SHARDS" },
        { "MAIL_TEMPLATE_DIR", "/there/is/no/such/folder", Configuration, "/there/is/no/such/folder" },
        { "MAIL_REDIS_MASTER_ADDR", "", Configuration, "Set MAIL_REDIS_MASTER_ADDR" },
        { "MAIL_REDIS_PASSWORD", "", Configuration, "Set MAIL_REDIS_PASSWORD" },
        { "MAIL_REDIS_USERNAME", "mailroom", Configuration, "MAIL_REDIS_USERNAME: no setting has this environment variable" },
        { "MAIL_SMTP_MODE", "smpt", Configuration, "Did you mean smtp?" },
        { "MAIL_SMTP_FROM_EMAIL", "", Configuration, "MAIL_SMTP_FROM_EMAIL" },
        { "MAIL_LOG_LEVEL", "loud", Configuration, "MAIL_LOG_LEVEL" },
        { "MAIL_SHUTDOWN_TIMEOUT", "never", Configuration, "MAIL_SHUTDOWN_TIMEOUT" },
        { "MAIL_POSTGRES_PRIMARY_DSN", NoServer, Unavailable, "PostgreSQL cannot be reached" },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    [Trait("Requirement", "C01")]
    [Trait("Requirement", "C02")]
    [Trait("Requirement", "C04")]
    [Trait("Requirement", "C06")]
    [Trait("Requirement", "D12")]
    [Trait("Requirement", "D24")]
    [Trait("Requirement", "C07")]
    public async Task A_wrong_setting_stops_the_start_before_any_port_is_open(string name, string value, int code, string says)
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, [.. MailroomEnvironment.Production, (name, value)]);

        var refused = await RefusedStart.Of(environment);

        refused.ShouldSay(says);
        refused.ExitCode.ShouldBe(code);
        string.Join('\n', refused.Lines).ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("auth.login_code/en/subject.hbs", null, "auth.login_code")]
    [InlineData("auth.login_code/en/text.hbs", "Your code is {{code", "auth.login_code/en/text.hbs:1")]
    [Trait("Requirement", "C03")]
    [Trait("Requirement", "C06")]
    [Trait("Requirement", "D11")]
    [Trait("Requirement", "C07")]
    public async Task A_broken_template_stops_the_start_before_any_port_is_open(string file, string? content, string says)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        using var templates = new TemporaryFolder();
        foreach (var part in (string[])["subject.hbs", "text.hbs"])
        {
            var name = Path.Combine(templates.Folder("auth.login_code/en"), part);
            await File.WriteAllTextAsync(name, "{{code}}\n");
        }

        var path = Path.Combine(templates.Path, file);
        if (content is null)
        {
            File.Delete(path);
        }
        else
        {
            await File.WriteAllTextAsync(path, content);
        }

        var refused = await RefusedStart.Of(MailroomEnvironment.Of(store, smtpPort: 25, ("MAIL_TEMPLATE_DIR", templates.Path)));

        refused.ShouldSay(says);
        refused.ExitCode.ShouldBe(Configuration);
    }

    [Theory]
    [InlineData("MAILROOM_PUBLIC_HTTP_ADDR")]
    [InlineData("MAIL_INTERNAL_HTTP_ADDR")]
    [Trait("Requirement", "C07")]
    public async Task A_port_that_is_taken_stops_the_start(string listener)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var taken = $"127.0.0.1:{((IPEndPoint)other.LocalEndPoint!).Port}";

        var refused = await RefusedStart.AsItIs(MailroomEnvironment.Of(store, smtpPort: 25, (listener, taken)));

        refused.ShouldSay(taken);
        refused.ExitCode.ShouldBe(Unavailable);
    }

    [Theory]
    [InlineData("MAILROOM_PUBLIC_HTTP_ADDR")]
    [InlineData("MAIL_INTERNAL_HTTP_ADDR")]
    [Trait("Requirement", "C06")]
    public async Task A_second_start_on_a_taken_port_takes_nothing_over_from_the_process_that_runs(string listener)
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        await using var first = await RunningMailroom.Start(store, sink.Port);
        var taken = listener == "MAIL_INTERNAL_HTTP_ADDR" ? first.Internal : first.Public;

        var refused = await RefusedStart.AsItIs(MailroomEnvironment.Of(store, sink.Port, (listener, taken.Authority)));

        refused.ShouldSay(taken.Authority);
        await first.Until(await first.Accept(TestMail.To("ada@example.test")), "sent");
        first.Log.Lines.ShouldNotContain(line => line.Contains("another process owns", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Requirement", "C06")]
    [Trait("Requirement", "C11")]
    public async Task A_connection_succeeds_only_once_mail_is_taken()
    {
        await using var database = await TestPostgres.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        int[] ports = [LoopbackPort.Free(), LoopbackPort.Free()];
        var environment = MailroomEnvironment.Of(
            store, sink.Port, ("MAILROOM_STORE", "postgres"), ("MAIL_POSTGRES_PRIMARY_DSN", database.ConnectionString), ("MAILROOM_SQLITE_PATH", ""),
            ("MAILROOM_PUBLIC_HTTP_ADDR", $"127.0.0.1:{ports[0]}"), ("MAIL_INTERNAL_HTTP_ADDR", $"127.0.0.1:{ports[1]}"));
        (await MailroomCommand.Run(environment, "db", "up")).ExitCode.ShouldBe(0);
        await using var held = await HeldTable.Lock(database, "mail.schema_migrations");

        var starting = RunningMailroom.StartDev(store, environment);
        await held.WaitForWaiting(1);
        (await LoopbackPort.Answers(ports[0])).ShouldBeFalse();
        (await LoopbackPort.Answers(ports[1])).ShouldBeFalse();

        await held.Release();
        await Eventually.True(() => LoopbackPort.Answers(ports[1]), "the internal port to open");
        using var http = new HttpClient();
        (await http.GetAsync(new Uri($"http://127.0.0.1:{ports[1]}/api/v1/internal/deliveries/does-not-exist"))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await using var service = await starting;
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
    }

    [Fact]
    [Trait("Requirement", "C10")]
    public async Task Each_worker_says_in_one_line_that_it_starts_and_in_one_that_it_stopped()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var service = await RunningMailroom.Start(store, smtpPort: 25, MailroomEnvironment.Redis());

        (await service.Terminate()).ShouldBe(0);

        foreach (var worker in (string[])["internal HTTP listener", "scheduler", "attempt worker pool", "SQL retention worker"])
        {
            var said = await Said(service, $"{worker}: ");
            said.Count(line => line.Contains($"{worker}: starting", StringComparison.Ordinal)).ShouldBe(1, worker);
            said.Count(line => line.Contains($"{worker}: stopped", StringComparison.Ordinal)).ShouldBe(1, worker);
        }

        var lines = service.Log.Lines.ToList();
        lines.FindIndex(line => line.Contains("internal HTTP listener: starting", StringComparison.Ordinal))
            .ShouldBeLessThan(lines.FindIndex(line => line.Contains("attempt worker pool: starting", StringComparison.Ordinal)));
        lines.FindIndex(line => line.Contains("internal HTTP listener: stopped", StringComparison.Ordinal))
            .ShouldBeLessThan(lines.FindIndex(line => line.Contains("attempt worker pool: stopped", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    [Trait("Requirement", "C06")]
    [Trait("Requirement", "C07")]
    public async Task A_store_of_another_number_of_shards_stops_the_start_before_any_port_is_open(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using (var service = await RunningMailroom.Start(store, smtpPort: 25, ("MAILROOM_SHARDS", "64")))
        {
            (await service.Terminate()).ShouldBe(0);
        }

        var refused = await RefusedStart.Of(MailroomEnvironment.Of(store, smtpPort: 25, ("MAILROOM_SHARDS", "128")));

        refused.ShouldSay("set mailroom.kernel.shards (MAILROOM_SHARDS) to 64");
        refused.ExitCode.ShouldBe(Configuration);
    }

    [Fact]
    [Trait("Requirement", "C06")]
    [Trait("Requirement", "C07")]
    public async Task A_schema_that_a_newer_build_made_stops_the_start_before_any_port_is_open()
    {
        await using var server = await TestPostgres.Create();
        await using var store = await TestStore.Create(TestStore.Sqlite);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, ("MAILROOM_STORE", "postgres"), ("MAIL_POSTGRES_PRIMARY_DSN", server.ConnectionString), ("MAILROOM_SQLITE_PATH", ""));
        (await MailroomCommand.Run(environment, "db", "up")).ExitCode.ShouldBe(0);
        await server.Execute("INSERT INTO mail.schema_migrations (version, name, applied_at, checksum, execution_time) VALUES (9999, 'of_the_future', now(), '\\x00', 1)");

        var refused = await RefusedStart.Of(environment);

        refused.ShouldSay("9999");
        refused.ExitCode.ShouldBe(Configuration);
    }

    /// <summary>What a worker said, once its last word is read.</summary>
    private static async Task<IReadOnlyList<string>> Said(RunningMailroom service, string worker)
    {
        await Deadline.In().Wait(
            service.Log.Line(line => line.Contains($"{worker}stopped", StringComparison.Ordinal)), $"{worker}stopped", () => service.Log.Tail());
        return [.. service.Log.Lines.Where(line => line.Contains(worker, StringComparison.Ordinal))];
    }
}
