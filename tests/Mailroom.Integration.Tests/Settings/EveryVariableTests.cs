using System.Globalization;
using Mailroom.Host.Settings;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>Each environment variable changes its setting.</summary>
public sealed class EveryVariableTests
{
    private static readonly (string Variable, string Value, Func<MailroomSettings, object?> Read, string Expected)[] Rows =
    [
        ("MAILROOM_PROFILE", "production", s => s.Profile, "Production"),
        ("MAILROOM_DATA_DIR", "/var/lib/mailroom", s => s.DataDirectory, "/var/lib/mailroom"),
        ("MAIL_SHUTDOWN_TIMEOUT", "1m30s", s => s.ShutdownTimeout, "00:01:30"),
        ("ENCRYPTION_KEY", "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=", s => s.EncryptionKey!.Reveal().Span[0], "255"),
        ("MAILROOM_HTTP_MAX_BODY", "2MiB", s => s.Http.MaxBody, "2097152"),
        ("MAILROOM_HTTP_DRAIN", "5s", s => s.Http.Drain, "00:00:05"),
        ("MAILROOM_PUBLIC_HTTP_ADDR", "127.0.0.1:0", s => s.Http.Public.Address, "127.0.0.1:0"),
        ("MAILROOM_PUBLIC_URL", "https://mail.example.com/base/", s => s.Http.Public.Url, "https://mail.example.com/base"),
        ("MAIL_INTERNAL_HTTP_ADDR", "[::1]:81", s => s.Http.Internal.Address, "[::1]:81"),
        ("MAIL_INTERNAL_HTTP_READ_HEADER_TIMEOUT", "3s", s => s.Http.Internal.ReadHeaderTimeout, "00:00:03"),
        ("MAIL_INTERNAL_HTTP_READ_TIMEOUT", "4s", s => s.Http.Internal.ReadTimeout, "00:00:04"),
        ("MAIL_INTERNAL_HTTP_IDLE_TIMEOUT", "5s", s => s.Http.Internal.IdleTimeout, "00:00:05"),
        ("MAIL_OPERATOR_REQUEST_TIMEOUT", "6s", s => s.Http.Internal.OperatorTimeout, "00:00:06"),
        ("MAILROOM_INTERNAL_TOKEN", "t0ken", s => s.Http.Internal.Token!.Reveal(), "t0ken"),
        ("MAIL_LOG_LEVEL", "warn", s => s.Log.Level, "Warning"),
        ("MAILROOM_LOG_FORMAT", "json", s => s.Log.Format, "Json"),
        ("MAILROOM_STORE", "postgres", s => s.Store.Kind, "Postgres"),
        ("MAILROOM_AUTO_MIGRATE", "false", s => s.Store.AutoMigrate, "False"),
        ("MAILROOM_SQLITE_PATH", "/tmp/m.db", s => s.Store.SqlitePath, "/tmp/m.db"),
        ("MAIL_POSTGRES_PRIMARY_DSN", "postgres://u:p@other/mail", s => new Npgsql.NpgsqlConnectionStringBuilder(s.Store.Postgres.ConnectionString!.Reveal()).Host, "other"),
        ("MAIL_POSTGRES_REPLICA_DSNS", "postgres://u:p@r1/mail,Host=r2;Database=mail", s => string.Join(' ', s.Store.Postgres.Replicas.Select(r => new Npgsql.NpgsqlConnectionStringBuilder(r.Reveal()).Host)), "r1 r2"),
        ("MAIL_POSTGRES_OPERATION_TIMEOUT", "2s", s => s.Store.Postgres.OperationTimeout, "00:00:02"),
        ("MAIL_POSTGRES_MAX_OPEN_CONNS", "30", s => s.Store.Postgres.MaxOpenConnections, "30"),
        ("MAIL_POSTGRES_MAX_IDLE_CONNS", "6", s => s.Store.Postgres.MaxIdleConnections, "6"),
        ("MAIL_POSTGRES_CONN_MAX_LIFETIME", "0s", s => s.Store.Postgres.ConnectionLifetime, "00:00:00"),
        ("MAIL_REDIS_MASTER_ADDR", "redis:6379", s => s.Redis.Master, "redis:6379"),
        ("MAIL_REDIS_REPLICA_ADDRS", "r1:6379, [::1]:6380", s => string.Join(' ', s.Redis.Replicas), "r1:6379 [::1]:6380"),
        ("MAIL_REDIS_PASSWORD", "pa,ss", s => s.Redis.Password!.Reveal(), "pa,ss"),
        ("MAIL_REDIS_DB", "7", s => s.Redis.Database, "7"),
        ("MAIL_REDIS_OPERATION_TIMEOUT", "300ms", s => s.Redis.OperationTimeout, "00:00:00.3000000"),
        ("MAILROOM_REDIS_TLS", "true", s => s.Redis.Tls, "True"),
        ("MAILROOM_REDIS_INSECURE_SKIP_VERIFY", "true", s => s.Redis.InsecureSkipVerify, "True"),
        ("MAIL_REDIS_COMMAND_STREAM", "mail:other", s => s.Stream.Names[0], "mail:other"),
        ("MAILROOM_REDIS_FURTHER_STREAMS", "mail:delivery_commands:1,mail:delivery_commands:2", s => string.Join(' ', s.Stream.Names.Skip(1)), "mail:delivery_commands:1 mail:delivery_commands:2"),
        ("MAIL_STREAM_BLOCK_TIMEOUT", "3s", s => s.Stream.BlockTimeout, "00:00:03"),
        ("MAIL_SMTP_MODE", "stub", s => s.Smtp.Mode, "Stub"),
        ("MAIL_SMTP_ADDR", "mail.example.com:587", s => s.Smtp.Server, "mail.example.com:587"),
        ("MAIL_SMTP_USERNAME", "someone", s => s.Smtp.Login!.Username, "someone"),
        ("MAIL_SMTP_PASSWORD", "pa=ss#${x}", s => s.Smtp.Login!.Password.Reveal(), "pa=ss#${x}"),
        ("MAIL_SMTP_FROM_EMAIL", "b@example.com", s => s.Smtp.FromEmail, "b@example.com"),
        ("MAIL_SMTP_FROM_NAME", "Post Office", s => s.Smtp.FromName, "Post Office"),
        ("MAIL_SMTP_TIMEOUT", "20s", s => s.Smtp.Timeout, "00:00:20"),
        ("MAILROOM_SMTP_SECURITY", "starttls-if-offered", s => s.Smtp.Security, "StartTlsIfOffered"),
        ("MAIL_SMTP_INSECURE_SKIP_VERIFY", "true", s => s.Smtp.InsecureSkipVerify, "True"),
        ("MAILROOM_SMTP_HELO_NAME", "[192.0.2.1]", s => s.Smtp.HeloName, "[192.0.2.1]"),
        ("MAILROOM_SMTP_POOL_IDLE_TIMEOUT", "1m", s => s.Smtp.Pool.IdleTimeout, "00:01:00"),
        ("MAILROOM_SMTP_POOL_MAX_AGE", "1h", s => s.Smtp.Pool.MaxAge, "01:00:00"),
        ("MAILROOM_SMTP_POOL_MAX_MESSAGES", "7", s => s.Smtp.Pool.MaxMessages, "7"),
        ("MAIL_ATTEMPT_WORKER_CONCURRENCY", "1000", s => s.Delivery.Workers, "1000"),
        ("MAIL_RETRY_LADDER", "[2m, 10m]", s => string.Join(' ', s.Delivery.RetryLadder), "00:02:00 00:10:00"),
        ("MAILROOM_ON_UNCERTAIN", "hold", s => s.Delivery.OnUncertain, "Hold"),
        ("MAIL_IDEMPOTENCY_TTL", "24h", s => s.Delivery.IdempotencyTtl, "1.00:00:00"),
        ("MAIL_DELIVERY_RETENTION", "48h", s => s.Retention.Deliveries, "2.00:00:00"),
        ("MAIL_MALFORMED_COMMAND_RETENTION", "72h", s => s.Retention.MalformedCommands, "3.00:00:00"),
        ("MAIL_CLEANUP_INTERVAL", "2h", s => s.Retention.Interval, "02:00:00"),
        ("MAIL_TEMPLATE_DIR", "/etc/templates", s => s.TemplateDirectory, "/etc/templates"),
        ("MAILROOM_NODE", "mail-1", s => s.Cluster.Node, "mail-1"),
        ("MAILROOM_CLUSTER_ADDR", ":8070", s => s.Cluster.Address, ":8070"),
        ("MAILROOM_CLUSTER_URL", "http://mail-1.internal:8070/", s => s.Cluster.Url, "http://mail-1.internal:8070/"),
        ("MAILROOM_CLUSTER_SECRET", "0123456789abcdef", s => s.Cluster.Secret!.Reveal(), "0123456789abcdef"),
        ("MAILROOM_CLUSTER_LEASE", "20s", s => s.Cluster.Lease, "00:00:20"),
        ("MAILROOM_SHARDS", "128", s => s.Kernel.Shards, "128"),
        ("MAILROOM_SHARD_MAILBOX", "16", s => s.Kernel.Mailbox, "16"),
        ("MAILROOM_ENTITY_STASH", "1", s => s.Kernel.Stash, "1"),
        ("MAILROOM_SHARD_ENTITIES", "2048", s => s.Kernel.Entities, "2048"),
        ("MAILROOM_LOG_SUMMARY_INTERVAL", "2m", s => s.Log.SummaryInterval, "00:02:00"),
        ("OTEL_SERVICE_NAME", "post", s => s.Telemetry.ServiceName, "post"),
        ("MAILROOM_SCHEDULE_METRICS_INTERVAL", "20s", s => s.Telemetry.ScheduleInterval, "00:00:20"),
        ("OTEL_TRACES_EXPORTER", "otlp", s => s.Telemetry.Traces.ToCollector, "True"),
        ("MAIL_OTEL_STDOUT_TRACES_ENABLED", "true", s => s.Telemetry.Traces.ToStdout, "True"),
        ("OTEL_TRACES_SAMPLER", "traceidratio", s => s.Telemetry.Sampler.Kind, "Ratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25", s => s.Telemetry.Sampler.Ratio, "0.25"),
        ("OTEL_METRICS_EXPORTER", "otlp", s => s.Telemetry.Metrics.ToCollector, "True"),
        ("MAIL_OTEL_STDOUT_METRICS_ENABLED", "true", s => s.Telemetry.Metrics.ToStdout, "True"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "5000", s => s.Telemetry.MetricInterval, "00:00:05"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", s => s.Telemetry.Metrics.Collector.Endpoint, "http://localhost:4317/"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:1/base", s => s.Telemetry.Traces.Collector.Endpoint, "http://c:1/base/v1/traces"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b", s => s.Telemetry.Traces.Collector.Headers?.Reveal(), "a=b"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "500", s => s.Telemetry.Metrics.Collector.Timeout, "00:00:00.5000000"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", s => s.Telemetry.Traces.Collector.Protocol, "Grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:1/base", s => s.Telemetry.Traces.Collector.Endpoint, "http://c:1/base"),
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b", s => s.Telemetry.Traces.Collector.Headers?.Reveal(), "a=b"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "500", s => s.Telemetry.Traces.Collector.Timeout, "00:00:00.5000000"),
        ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc", s => s.Telemetry.Metrics.Collector.Protocol, "Grpc"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:1/base", s => s.Telemetry.Metrics.Collector.Endpoint, "http://c:1/base"),
        ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "a=b", s => s.Telemetry.Metrics.Collector.Headers?.Reveal(), "a=b"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "500", s => s.Telemetry.Metrics.Collector.Timeout, "00:00:00.5000000"),
    ];

    /// <summary>Sound in every row, and with no value of a row.</summary>
    private const string Base =
        $"ENCRYPTION_KEY={Start.Key} MAIL_POSTGRES_PRIMARY_DSN=postgres://u:p@db/mail MAILROOM_INTERNAL_TOKEN=t "
        + "MAIL_REDIS_MASTER_ADDR=cache:6379 MAIL_REDIS_PASSWORD=p "
        + "MAILROOM_CLUSTER_SECRET=fedcba9876543210 MAIL_SMTP_ADDR=mx:25 MAIL_SMTP_FROM_EMAIL=a@example.com MAIL_SMTP_USERNAME=u MAIL_SMTP_PASSWORD=p";

    public static TheoryData<string> Names => new(Rows.Select(row => row.Variable));

    [Fact]
    public void The_table_has_a_row_for_every_setting() =>
        Rows.Select(row => row.Variable).ShouldBe(SettingsSchema.Load().Variables.Keys, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_variable_takes_effect(string variable)
    {
        var row = Rows.Single(row => row.Variable == variable);
        var environment = Start.Variables(Base);
        var before = Start.Sound(Start.With(environment));

        environment[variable] = row.Value;
        if (variable == "MAILROOM_CLUSTER_ADDR")
        {
            environment["MAILROOM_STORE"] = "postgres";
        }

        var after = Start.Sound(Start.With(environment));

        Shown(row.Read(before)).ShouldNotBe(row.Expected);
        Shown(row.Read(after)).ShouldBe(row.Expected);
    }

    private static string? Shown(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture);
}
