using Mailroom.Actors.Deliveries;
using Mailroom.Host.Settings;
using Microsoft.Extensions.Logging;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>Defaults, layers and substitutions.</summary>
public sealed class LoadingTests
{
    [Fact]
    public void A_start_without_anything_is_a_dev_start()
    {
        var outcome = Start.With("");
        var settings = Start.Sound(outcome);

        outcome.Warnings.ShouldBeEmpty();
        settings.Profile.ShouldBe(Profile.Dev);
        settings.EncryptionKey.ShouldBeNull();
        settings.Http.Public.Address.ToString().ShouldBe("127.0.0.1:8090");
        settings.Http.Public.Url.ShouldBeNull();
        settings.Http.Internal.Address.ToString().ShouldBe("127.0.0.1:8080");
        settings.Log.ShouldBe(new LogSettings(LogLevel.Information, LogFormat.Text, TimeSpan.FromMinutes(1)));
        settings.Store.Kind.ShouldBe(StoreKind.Sqlite);
        settings.Store.SqlitePath.ShouldBe("mailroom-data/mailroom.db");
        settings.Store.Postgres.ConnectionString.ShouldBeNull();
        settings.Smtp.Mode.ShouldBe(SmtpMode.Capture);
        settings.Smtp.Security.ShouldBe(SmtpSecurity.StartTls);
        settings.Smtp.Timeout.ShouldBe(TimeSpan.FromSeconds(15));
        settings.Delivery.Workers.ShouldBe(16);
        settings.Delivery.RetryLadder.ShouldBe([TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)]);
        settings.Delivery.OnUncertain.ShouldBe(UncertainPolicy.Retry);
        settings.Kernel.ShouldBe(new KernelSettings(64, 8192, 64, 1024));
    }

    [Fact]
    [Trait("Requirement", "D03")]
    public void A_production_start_listens_everywhere_and_sends_from_PostgreSQL()
    {
        var outcome = Start.With(Start.Production);
        var settings = Start.Sound(outcome);

        outcome.Warnings.ShouldBeEmpty();
        settings.Http.Public.Address.ToString().ShouldBe(":8090");
        settings.Http.Internal.Address.ToString().ShouldBe(":8080");
        settings.Log.Format.ShouldBe(LogFormat.Json);
        settings.Store.Kind.ShouldBe(StoreKind.Postgres);
        settings.Smtp.Mode.ShouldBe(SmtpMode.Smtp);
        settings.EncryptionKey!.Reveal().Length.ShouldBe(32);
    }

    [Fact]
    public void The_pools_limits_are_in_the_connection_string()
    {
        var settings = Start.Sound(Start.With(Start.Production + " MAIL_POSTGRES_MAX_OPEN_CONNS=9 MAIL_POSTGRES_MAX_IDLE_CONNS=3 MAIL_POSTGRES_CONN_MAX_LIFETIME=90s"));

        var connection = new Npgsql.NpgsqlConnectionStringBuilder(settings.Store.Postgres.ConnectionString!.Reveal());
        (connection.MaxPoolSize, connection.MinPoolSize, connection.ConnectionLifetime, connection.Password).ShouldBe((9, 3, 90, "p"));
    }

    [Theory]
    [InlineData("", "", "127.0.0.1:8090")]
    [InlineData("mailroom.http.public.addr = \":1\"", "", ":1")]
    [InlineData("mailroom.http.public.addr = \":1\"", "MAILROOM_PUBLIC_HTTP_ADDR=:2", ":2")]
    [InlineData("", "MAILROOM_PUBLIC_HTTP_ADDR=:2", ":2")]
    [InlineData("mailroom.http.public.addr = \":1\"", "MAILROOM_PUBLIC_HTTP_ADDR=", ":1")]
    [InlineData("mailroom.http.public.addr = \":1\"\nmailroom.http.public.addr = \":3\"", "", ":3")]
    [InlineData("mailroom.http.public.addr = \":1\"\nmailroom.http.public.addr = ${?ADDR}", "", ":1")]
    [InlineData("mailroom.http.public.addr = \":1\"\nmailroom.http.public.addr = ${?ADDR}", "ADDR=:4", ":4")]
    [InlineData("mailroom.http.public.addr = ${MAIL_MY_ADDR}", "MAIL_MY_ADDR=:5", ":5")]
    [InlineData("mailroom.http.public.addr = \":\"${PORT}", "PORT=6", ":6")]
    public void The_environment_wins_over_the_file_over_the_profile_over_the_default(string file, string environment, string expected) =>
        Start.Sound(Start.WithFile(file, environment)).Http.Public.Address.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("mailroom.profile = production", "", true)]
    [InlineData("mailroom.profile = production", "MAILROOM_PROFILE=dev", false)]
    [InlineData("", "MAILROOM_PROFILE=production", true)]
    public void The_profile_may_come_from_the_file_or_the_environment(string file, string environment, bool production) =>
        Start.WithFile(file, environment).Errors.Any(error => error.Subject.StartsWith("mailroom.encryption-key", StringComparison.Ordinal)).ShouldBe(production);

    [Fact]
    public void A_default_that_names_another_setting_follows_it() =>
        Start.Sound(Start.WithFile("mailroom.data-dir = ${BASE}/mail", "BASE=/srv")).Store.SqlitePath.ShouldBe("/srv/mail/mailroom.db");

    [Fact]
    public void A_copy_of_mailroom_conf_as_the_operators_file_changes_nothing_but_the_profiles_values()
    {
        var copy = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "mailroom.conf"));

        var settings = Start.Sound(Start.WithFile(copy, "MAIL_SMTP_MODE=capture MAILROOM_DATA_DIR=d"));

        settings.Store.SqlitePath.ShouldBe("d/mailroom.db");
        settings.Http.Public.Address.ToString().ShouldBe(":8090");
    }

    [Fact]
    public void MAILROOM_CONFIG_names_the_file_where_the_command_line_does_not()
    {
        var outcome = Start.With("MAILROOM_CONFIG=/nowhere/my.conf");

        outcome.Settings.ShouldBeNull();
        outcome.Errors.Single().ToString().ShouldBe(
            "/nowhere/my.conf:1: there is no file /nowhere/my.conf. Correct the name, or create the file.");
        Start.Sound(Start.WithFile("mailroom.log.level = error", "MAILROOM_CONFIG=/nowhere/my.conf")).Log.Level.ShouldBe(LogLevel.Error);
    }

    [Fact]
    public void Sources_of_the_process_hold_its_environment() =>
        SettingsSources.OfProcess("x.conf").Environment["PATH"].ShouldBe(Environment.GetEnvironmentVariable("PATH"));
}
