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
        { "MAIL_POSTGRES_PRIMARY_DSN", NoServer, Unavailable, "PostgreSQL cannot be reached" },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    [Trait("Requirement", "C06")]
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
    [Trait("Requirement", "C06")]
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
}
