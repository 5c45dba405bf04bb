using Mailroom.Host.Settings;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>What stops a start, in the words that an operator reads.</summary>
public sealed class RefusalTests
{
    private const string Otherwise = "hocon/mailroom.conf lists every setting.";

    [Theory]
    [InlineData("mailroom.smtp.timout = 1s", $"my.conf:1: there is no setting mailroom.smtp.timout. Did you mean mailroom.smtp.timeout? Remove it otherwise; {Otherwise}")]
    [InlineData("smtp.timeout = 1s", $"my.conf:1: there is no setting smtp.timeout. Did you mean mailroom.smtp.timeout? Remove it otherwise; {Otherwise}")]
    [InlineData("\nmailroom { stmp {\n timeout = 1s\n addr = x\n } }", $"my.conf:2: there is no setting mailroom.stmp. Did you mean mailroom.smtp? Remove it otherwise; {Otherwise}")]
    [InlineData("mailroom.other {}", $"my.conf:1: there is no setting mailroom.other. Remove it; {Otherwise}")]
    [InlineData("colour = blue", $"my.conf:1: there is no setting colour. Remove it; {Otherwise}")]
    [InlineData("mailroom.http = 1", "my.conf:1: mailroom.http is a group, not a setting. Set one of its keys, such as mailroom.http.max-body.")]
    [InlineData("mailroom.profile { a = 1 }", "my.conf:1: mailroom.profile is a setting, not a group. Write mailroom.profile = value.")]
    [InlineData("mailroom.profile.a = 1", "my.conf:1: mailroom.profile is a setting, not a group. Write mailroom.profile = value.")]
    [InlineData("a = 1\nmailroom = @", "my.conf:2: '@' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("mailroom.data-dir = ${NONE}", "mailroom.data-dir (MAILROOM_DATA_DIR) at my.conf:1: ${NONE} is neither a setting nor an environment variable with a value. Set it, or write ${?NONE} where it may be absent.")]
    [InlineData("mailroom.templates.dir = ${mailroom.templates.dir}/x", "mailroom.templates.dir (MAIL_TEMPLATE_DIR) at my.conf:1: ${mailroom.templates.dir} refers back to itself. Write the value instead.")]
    [InlineData("mailroom.templates.dir = ${mailroom.http}", "mailroom.templates.dir (MAIL_TEMPLATE_DIR) at my.conf:1: ${mailroom.http} names a group. Name one of the settings in it.")]
    [InlineData("mailroom.templates.dir = x${mailroom.delivery.retry-ladder}", "mailroom.templates.dir (MAIL_TEMPLATE_DIR) at my.conf:1: ${mailroom.delivery.retry-ladder} is a list and cannot be part of a text. Name a setting that is no list.")]
    [InlineData("mailroom.templates.dir = [a, b]", "mailroom.templates.dir (MAIL_TEMPLATE_DIR) is \"[a, b]\" in my.conf:1: a list stands where one value should. Set MAIL_TEMPLATE_DIR to plain text of at most 4096 characters.")]
    [InlineData("\n\nmailroom.smtp.timeout = 15x", "mailroom.smtp.timeout (MAIL_SMTP_TIMEOUT) is \"15x\" in my.conf:3: it is not a duration. Set MAIL_SMTP_TIMEOUT to a duration, such as 250ms, 15s, 1h30m or 168h, from 100ms to 30m.")]
    public void A_wrong_file_stops_the_start_with_one_line(string file, string expected) => Single(Start.WithFile(file)).ShouldBe(expected);

    [Theory]
    [InlineData("MAIL_SMTP_ADR", $"MAIL_SMTP_ADR: no setting has this environment variable. Did you mean MAIL_SMTP_ADDR? Unset it otherwise; {Otherwise}")]
    [InlineData("MAILROOM_SMTP_ADDR", $"MAILROOM_SMTP_ADDR: no setting has this environment variable. Did you mean MAIL_SMTP_ADDR? Unset it otherwise; {Otherwise}")]
    [InlineData("MAILROOM_CONFG", $"MAILROOM_CONFG: no setting has this environment variable. Did you mean MAILROOM_CONFIG? Unset it otherwise; {Otherwise}")]
    [InlineData("MAIL_COMPLETELY_OTHER_THING", $"MAIL_COMPLETELY_OTHER_THING: no setting has this environment variable. Unset it; {Otherwise}")]
    [InlineData("MAILROOM_PORT_8090_TCP_PROTO", "MAILROOM_PORT_8090_TCP_PROTO: no setting has this environment variable. Unset it; if it comes from a Kubernetes service, put enableServiceLinks: false into the pod.")]
    public void An_unknown_variable_stops_the_start_and_its_value_is_not_shown(string name, string expected) =>
        Single(Start.With($"{name}=hunter2")).ShouldBe(expected);

    [Theory]
    [InlineData("MAIL_REDIS_USERNAME", "Unset it: the login to Redis is its default user's, with MAIL_REDIS_PASSWORD.")]
    [InlineData("MAIL_REDIS_TLS_ENABLED", "Unset it and set MAILROOM_REDIS_TLS instead.")]
    [InlineData("MAIL_REDIS_ATTEMPT_SCHEDULE_KEY", "Unset it: the schedule of attempts is in the database.")]
    [InlineData("MAIL_REDIS_DEAD_LETTER_PREFIX", "Unset it: dead letters are in the database.")]
    [InlineData("MAIL_DELIVERY_TTL", "Unset it and set MAIL_DELIVERY_RETENTION instead.")]
    [InlineData("MAIL_ATTEMPT_TTL", "Unset it: attempts are kept as long as their delivery, which MAIL_DELIVERY_RETENTION sets.")]
    [Trait("Requirement", "D31")]
    public void A_variable_that_was_dropped_stops_the_start_and_is_told_its_successor(string name, string fix) =>
        Single(Start.With($"{name}=1")).ShouldBe($"{name}: no setting has this environment variable. {fix}");

    [Theory]
    [InlineData("MAILROOM_TEST_POSTGRES=x MAIL=/var/mail/me MAILCHECK=60 MAILTO=me HOME=/")]
    public void Other_programs_variables_and_the_tests_own_are_left_alone(string environment) => Start.Sound(Start.With(environment));

    [Theory]
    [Trait("Requirement", "C04")]
    [Trait("Requirement", "D12")]
    [Trait("Requirement", "D24")]
    [InlineData("MAILROOM_PROFILE=prodution", "there is no such choice. Did you mean production? Set MAILROOM_PROFILE to dev or production.")]
    [InlineData("MAIL_LOG_LEVEL=loud", "there is no such choice. Set MAIL_LOG_LEVEL to debug or info or warn or error.")]
    [InlineData("MAILROOM_AUTO_MIGRATE=1", "there is no such choice. Set MAILROOM_AUTO_MIGRATE to false or true.")]
    [InlineData("MAIL_SHUTDOWN_TIMEOUT=1ms", "it is out of range. Set MAIL_SHUTDOWN_TIMEOUT to a duration, such as 250ms, 15s, 1h30m or 168h, from 100ms to 1h.")]
    [InlineData("MAILROOM_HTTP_MAX_BODY=64", "it is not a size. Set MAILROOM_HTTP_MAX_BODY to a size, such as 512B, 40MB or 2MiB, from 1KiB to 1GiB.")]
    [InlineData("MAILROOM_HTTP_MAX_BODY=2GiB", "it is out of range. Set MAILROOM_HTTP_MAX_BODY to a size, such as 512B, 40MB or 2MiB, from 1KiB to 1GiB.")]
    [InlineData("MAIL_ATTEMPT_WORKER_CONCURRENCY=0", "it is out of range. Set MAIL_ATTEMPT_WORKER_CONCURRENCY to a whole number from 1 to 1000.")]
    [InlineData("MAIL_ATTEMPT_WORKER_CONCURRENCY=1e2", "it is not a whole number. Set MAIL_ATTEMPT_WORKER_CONCURRENCY to a whole number from 1 to 1000.")]
    [InlineData("MAILROOM_SHARDS=48", "it is not a power of two. Set MAILROOM_SHARDS to 1, 2, 4, 8 and so on up to 1024.")]
    [InlineData("MAILROOM_PUBLIC_HTTP_ADDR=8090", "it is no address to listen on. Set MAILROOM_PUBLIC_HTTP_ADDR to a listen address, such as :8090, 127.0.0.1:8090 or [::1]:8090.")]
    [InlineData("MAILROOM_PUBLIC_HTTP_ADDR=127.0.0.1:8080", "the public listener has the same address (127.0.0.1:8080). Give MAIL_INTERNAL_HTTP_ADDR or MAILROOM_PUBLIC_HTTP_ADDR another port.")]
    [InlineData("MAILROOM_PUBLIC_URL=mail.example.com", "it is no URL of a server. Set MAILROOM_PUBLIC_URL to a URL such as https://mail.example.com.")]
    [InlineData("MAILROOM_PUBLIC_URL=https://u:p@mail.example.com", "it is no URL of a server. Set MAILROOM_PUBLIC_URL to a URL such as https://mail.example.com.")]
    [InlineData("MAIL_INTERNAL_HTTP_READ_TIMEOUT=1s", "headers would get more time than the whole request. Set it to at most mailroom.http.internal.read-timeout.")]
    [InlineData("MAILROOM_STORE=postgres", "the store postgres needs it. Set MAIL_POSTGRES_PRIMARY_DSN to postgres://user:password@host:5432/database?search_path=mail, or MAILROOM_STORE to sqlite.")]
    [InlineData("MAIL_POSTGRES_MAX_IDLE_CONNS=26", "more connections would idle than may be open. Set it to at most mailroom.store.postgres.max-open-conns.")]
    [InlineData("MAIL_POSTGRES_CONN_MAX_LIFETIME=1ms", "it is shorter than 1s. Set it to 1s or more, or to 0s to keep connections.")]
    [InlineData("MAIL_REDIS_MASTER_ADDR=redis", "it names no server. Set MAIL_REDIS_MASTER_ADDR to a host and a port, such as mail.example.com:587 or [2001:db8::1]:25.")]
    [InlineData("MAIL_REDIS_REPLICA_ADDRS=r:6379", "mailroom.redis.master-addr is not set, and replicas are of use only beside it. Set MAIL_REDIS_MASTER_ADDR too, or remove MAIL_REDIS_REPLICA_ADDRS.")]
    [InlineData("MAIL_REDIS_MASTER_ADDR=m:1 MAIL_REDIS_REPLICA_ADDRS=r:6379,x", "\"x\" in it names no server. Set MAIL_REDIS_REPLICA_ADDRS to at most 16 servers, separated by commas, each a host and a port, such as mail.example.com:587 or [2001:db8::1]:25.")]
    [InlineData("MAIL_REDIS_DB=-1", "it is out of range. Set MAIL_REDIS_DB to a whole number from 0 to 65535.")]
    [InlineData("MAIL_REDIS_OPERATION_TIMEOUT=1ms", "it is out of range. Set MAIL_REDIS_OPERATION_TIMEOUT to a duration, such as 250ms, 15s, 1h30m or 168h, from 10ms to 1m.")]
    [InlineData("MAILROOM_REDIS_FURTHER_STREAMS=a,a", "it names a stream twice, or the one that is read anyhow. Name each further stream once in MAILROOM_REDIS_FURTHER_STREAMS.")]
    [InlineData("MAILROOM_REDIS_FURTHER_STREAMS=mail:delivery_commands", "it names a stream twice, or the one that is read anyhow. Name each further stream once in MAILROOM_REDIS_FURTHER_STREAMS.")]
    [InlineData("MAIL_STREAM_BLOCK_TIMEOUT=2m", "it is out of range. Set MAIL_STREAM_BLOCK_TIMEOUT to a duration, such as 250ms, 15s, 1h30m or 168h, from 10ms to 1m.")]
    [InlineData("MAIL_OPERATOR_REQUEST_TIMEOUT=soon", "it is not a duration. Set MAIL_OPERATOR_REQUEST_TIMEOUT to a duration, such as 250ms, 15s, 1h30m or 168h, from 10ms to 10m.")]
    [InlineData("MAIL_CLEANUP_INTERVAL=0s", "it is out of range. Set MAIL_CLEANUP_INTERVAL to a duration, such as 250ms, 15s, 1h30m or 168h, from 1s to 168h.")]
    [InlineData("MAIL_DELIVERY_RETENTION=30d", "it is not a duration. Set MAIL_DELIVERY_RETENTION to a duration, such as 250ms, 15s, 1h30m or 168h, from 1s to 87600h.")]
    [InlineData("MAIL_POSTGRES_REPLICA_DSNS=postgres://u:hunter2@db/mail?ssl=1", "the URL's parameter ssl is not known. Remove it; known are application_name, connect_timeout, host, options, search_path, sslcert, sslkey, sslmode, sslrootcert.")]
    [InlineData("MAIL_SMTP_MODE=smpt", "there is no such choice. Did you mean smtp? Set MAIL_SMTP_MODE to smtp or stub or capture.")]
    [InlineData("MAIL_SMTP_USERNAME=u", "mailroom.smtp.username is set, and the two go together. Set MAIL_SMTP_PASSWORD too, or remove MAIL_SMTP_USERNAME.")]
    [InlineData("MAIL_SMTP_PASSWORD=hunter2", "mailroom.smtp.password is set, and the two go together. Set MAIL_SMTP_USERNAME too, or remove MAIL_SMTP_PASSWORD.")]
    [InlineData("MAIL_SMTP_MODE=smtp MAIL_SMTP_ADDR=mx:25", "mode smtp needs it. Set MAIL_SMTP_FROM_EMAIL to the sender's address, such as mail@example.com.")]
    [InlineData("MAIL_SMTP_MODE=smtp MAIL_SMTP_FROM_EMAIL=a@b.c", "mode smtp needs it. Set MAIL_SMTP_ADDR to a host and a port, such as mail.example.com:587 or [2001:db8::1]:25.")]
    [InlineData("MAIL_SMTP_ADDR=mx", "it names no server. Set MAIL_SMTP_ADDR to a host and a port, such as mail.example.com:587 or [2001:db8::1]:25.")]
    [InlineData("MAIL_SMTP_FROM_EMAIL=Me<a@b.c>", "it is no mail address. Set MAIL_SMTP_FROM_EMAIL to local-part@domain; a name goes into mailroom.smtp.from-name.")]
    [InlineData("MAILROOM_SMTP_HELO_NAME=a/b", "it is no host name. Set MAILROOM_SMTP_HELO_NAME to a name such as mail.example.com, or an address in brackets such as [192.0.2.1].")]
    [InlineData("MAILROOM_SMTP_POOL_MAX_AGE=10s", "a connection would idle longer than it may live. Set it to at most mailroom.smtp.pool.max-age.")]
    [InlineData("MAIL_RETRY_LADDER=1m,5,30m", "\"5\" in it is not a duration in range. Set MAIL_RETRY_LADDER to durations from 1s to 168h, separated by commas, such as 1m,5m,30m.")]
    [InlineData("MAIL_RETRY_LADDER=1m,,30m", "it has too many items, or one that is empty, too long or not plain text. Set MAIL_RETRY_LADDER to at most 32 values, separated by commas.")]
    [InlineData("ENCRYPTION_KEY=c2hvcnQ=", "it is not the base64 of 32 bytes. Set ENCRYPTION_KEY to what this prints: openssl rand -base64 32.")]
    [InlineData("MAIL_POSTGRES_PRIMARY_DSN=postgres://u:hunter2@db/mail?ssl=1", "the URL's parameter ssl is not known. Remove it; known are application_name, connect_timeout, host, options, search_path, sslcert, sslkey, sslmode, sslrootcert.")]
    public void A_wrong_value_stops_the_start_with_cause_and_fix(string environment, string expected)
    {
        var line = Single(Start.With(environment));

        line.ShouldEndWith(": " + expected);
        line.ShouldNotContain("hunter2");
    }

    [Theory]
    [InlineData("MAIL_SMTP_FROM_NAME")]
    [InlineData("MAIL_SMTP_USERNAME")]
    [InlineData("MAIL_SMTP_PASSWORD")]
    [InlineData("MAIL_SMTP_FROM_EMAIL")]
    [InlineData("MAIL_SMTP_ADDR")]
    [InlineData("MAILROOM_SMTP_HELO_NAME")]
    [InlineData("MAILROOM_INTERNAL_TOKEN")]
    [InlineData("MAILROOM_DATA_DIR")]
    public void A_line_break_or_NUL_in_a_value_stops_the_start(string variable)
    {
        foreach (var tail in (string[])["\r\nX: y", "\n", "\r", "\0"])
        {
            var outcome = Start.With(new Dictionary<string, string> { [variable] = "mx:25" + tail });

            outcome.Errors.ShouldContain(error => error.Subject.Contains(variable) && error.Cause == "it is too long or holds a line break or another control character");
            outcome.Errors.ShouldAllBe(error => !error.ToString().Any(char.IsControl));
        }
    }

    [Fact]
    public void A_wrong_secret_is_masked()
    {
        Single(Start.With("ENCRYPTION_KEY=hunter2")).ShouldStartWith("mailroom.encryption-key (ENCRYPTION_KEY) is *** in the environment: ");
        Single(Start.With("MAIL_POSTGRES_PRIMARY_DSN=hunter2")).ShouldStartWith("mailroom.store.postgres.primary-dsn (MAIL_POSTGRES_PRIMARY_DSN) is *** in the environment: ");
    }

    [Fact]
    public void Sound_settings_print_no_secret()
    {
        var settings = Start.Sound(Start.With(
            Start.Production.Replace("u:p@", "u:hunter2@", StringComparison.Ordinal).Replace("TOKEN=t", "TOKEN=hunter2", StringComparison.Ordinal)
            + " MAIL_SMTP_USERNAME=u MAIL_SMTP_PASSWORD=hunter2"));

        settings.ToString().ShouldNotContain("hunter2");
        settings.ToString().ShouldNotContain(Start.Key);
        System.Text.Json.JsonSerializer.Serialize(new { settings.Http.Internal.Token, settings.Smtp.Login, settings.EncryptionKey }).ShouldNotContain("hunter2");
    }

    [Fact]
    public void A_long_value_is_cut_in_its_message() =>
        Single(Start.With($"MAIL_LOG_LEVEL={new string('x', 5000)}")).Length.ShouldBeLessThan(250);

    [Fact]
    [Trait("Requirement", "C01")]
    [Trait("Requirement", "C02")]
    [Trait("Requirement", "D23")]
    public void Production_tells_everything_that_it_misses_at_once()
    {
        var outcome = Start.With("MAILROOM_PROFILE=production MAIL_SMTP_ADR=x");

        outcome.Settings.ShouldBeNull();
        SettingsErrors.Format(outcome.Errors).ShouldBe(
            $"""
            Mailroom does not start: 7 errors in the settings.
              MAIL_SMTP_ADR: no setting has this environment variable. Did you mean MAIL_SMTP_ADDR? Unset it otherwise; {Otherwise}
              mailroom.encryption-key (ENCRYPTION_KEY) is not set: the production profile needs it. Set ENCRYPTION_KEY to what this prints: openssl rand -base64 32.
              mailroom.store.postgres.primary-dsn (MAIL_POSTGRES_PRIMARY_DSN) is not set: the store postgres needs it. Set MAIL_POSTGRES_PRIMARY_DSN to postgres://user:password@host:5432/database?search_path=mail, or MAILROOM_STORE to sqlite.
              mailroom.redis.master-addr (MAIL_REDIS_MASTER_ADDR) is not set: the production profile needs it. Set MAIL_REDIS_MASTER_ADDR to the Redis server of the command stream, a host and a port, such as mail.example.com:587 or [2001:db8::1]:25.
              mailroom.redis.password (MAIL_REDIS_PASSWORD) is not set: the production profile needs it. Set MAIL_REDIS_PASSWORD to the password of that server (requirepass).
              mailroom.smtp.addr (MAIL_SMTP_ADDR) is not set: mode smtp needs it. Set MAIL_SMTP_ADDR to a host and a port, such as mail.example.com:587 or [2001:db8::1]:25.
              mailroom.smtp.from-email (MAIL_SMTP_FROM_EMAIL) is not set: mode smtp needs it. Set MAIL_SMTP_FROM_EMAIL to the sender's address, such as mail@example.com.

            """);
    }

    [Fact]
    public void A_file_that_cannot_be_read_and_an_unknown_variable_are_told_together() =>
        Start.WithFile("mailroom {", "MAIL_SMTP_ADR=x").Errors.Select(error => error.Subject).ShouldBe(["my.conf:1", "MAIL_SMTP_ADR"]);

    [Theory]
    [InlineData("MAIL_INTERNAL_HTTP_ADDR=:8080", "mailroom.http.internal.addr (MAIL_INTERNAL_HTTP_ADDR) is \":8080\" in the environment: whoever reaches the internal listener may use it without a token. Set MAILROOM_INTERNAL_TOKEN, or make sure that only trusted networks reach it.")]
    [InlineData("MAIL_POSTGRES_PRIMARY_DSN=postgres://u:hunter2@db/mail", "mailroom.store.postgres.primary-dsn (MAIL_POSTGRES_PRIMARY_DSN) is *** in the environment: the store is sqlite, so it is not used. Set MAILROOM_STORE to postgres, or remove it.")]
    [InlineData("MAIL_POSTGRES_REPLICA_DSNS=postgres://u:hunter2@db/mail", "mailroom.store.postgres.replica-dsns (MAIL_POSTGRES_REPLICA_DSNS) is *** in the environment: the store is sqlite, so it is not used. Set MAILROOM_STORE to postgres, or remove it.")]
    [InlineData(Start.Production + " MAILROOM_REDIS_TLS=true MAILROOM_REDIS_INSECURE_SKIP_VERIFY=true", "mailroom.redis.insecure-skip-verify (MAILROOM_REDIS_INSECURE_SKIP_VERIFY) is \"true\" in the environment: any certificate of the Redis server is accepted. Unset MAILROOM_REDIS_INSECURE_SKIP_VERIFY outside tests.")]
    [InlineData(Start.Production + " MAIL_SMTP_MODE=stub", "mailroom.smtp.mode (MAIL_SMTP_MODE) is \"stub\" in the environment: no mail leaves in this mode. Set MAIL_SMTP_MODE to smtp.")]
    [InlineData(Start.Production + " MAIL_SMTP_INSECURE_SKIP_VERIFY=true", "mailroom.smtp.insecure-skip-verify (MAIL_SMTP_INSECURE_SKIP_VERIFY) is \"true\" in the environment: any certificate of the SMTP server is accepted. Unset MAIL_SMTP_INSECURE_SKIP_VERIFY outside tests.")]
    [InlineData(Start.Production + " MAIL_SMTP_USERNAME=u MAIL_SMTP_PASSWORD=p MAILROOM_SMTP_SECURITY=none", "mailroom.smtp.security (MAILROOM_SMTP_SECURITY) is \"none\" in the environment: the SMTP password may travel in plain text. Set MAILROOM_SMTP_SECURITY to starttls or tls.")]
    public void What_an_operator_should_know_is_a_warning(string environment, string expected)
    {
        var outcome = Start.With(environment);

        Start.Sound(outcome);
        outcome.Warnings.Single().ToString().ShouldBe(expected);
    }

    private static string Single(SettingsOutcome outcome)
    {
        outcome.Settings.ShouldBeNull();
        return outcome.Errors.ShouldHaveSingleItem().ToString();
    }
}
