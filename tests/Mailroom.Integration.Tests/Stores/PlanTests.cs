using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;
using Mailroom.Data.Postgres;
using Mailroom.Data.Queries;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>Listings of many rows: which index each is read from, and that nothing is read whole or sorted.</summary>
public sealed class PostgresPlanTests : StoreTest<PostgresUnderTest>
{
    private static readonly DeliveryCursor Cursor = new(new(1_800_000_500_000), "m");

    public static TheoryData<string, string> Plans => new()
    {
        { "", "delivery_payloads_by_time" },
        { "since", "delivery_payloads_by_time" },
        { "org", "delivery_payloads_by_org" },
        { "source", "delivery_payloads_by_source" },
        { "template", "delivery_payloads_by_template" },
        { "recipient", "delivery_recipients_by_address" },
        { "recipient org status", "delivery_recipients_by_address" },
        { "status", "deliveries_by_status" },
        { "status since", "deliveries_by_status" },
        { "status org", "deliveries_by_org_and_status" },
        { "status source", "deliveries_by_source_and_status" },
        { "status template", "deliveries_by_template_and_status" },
        { "queued", "deliveries_by_status" },
        { "queued org", "deliveries_by_org_and_status" },
        { "sent", "deliveries_by_status" },
        { "sent org", "delivery_payloads_by_org" },
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public async Task A_page_is_read_from_one_index_in_its_order(string asked, string index)
    {
        await FillAsync();
        var filter = new DeliveryFilter(asked.Contains("org") ? new OrgId("org_7") : null, Status(asked))
        {
            Source = asked.Contains("source") ? "notification" : null, TemplateId = asked.Contains("template") ? "welcome" : null,
            Recipient = asked.Contains("recipient") ? "Ops@example.test" : null, Since = asked.Contains("since") ? new Instant(1_800_000_100_000) : null,
        };
        foreach (var after in new[] { null, Cursor })
        {
            var plan = await ExplainAsync(DeliveryPage.Of(Dialect.Postgres, filter, after, 50));
            plan.ShouldContain($" {index} ");
            plan.ShouldNotContain("Seq Scan");
            plan.ShouldNotContain("Sort");
        }
    }

    [Theory]
    [InlineData("", "dead_letters_by_time")]
    [InlineData("org", "dead_letters_by_org")]
    [InlineData("source", "dead_letters_by_source")]
    [InlineData("failure", "dead_letters_by_failure")]
    [InlineData("open", "dead_letters_open")]
    [InlineData("open org", "dead_letters_open_by_org")]
    public async Task A_page_of_dead_letters_is_read_from_one_index_in_its_order(string asked, string index)
    {
        await Database.ExecuteAsync("""
            INSERT INTO dead_letters (delivery_id, org_id, source, final_attempt_no, failure_classification, created_at, recovery_hint, repeated_by)
            SELECT 'row-' || n, 'org_' || n % 13, 's' || n % 11, 4, 'f' || n % 17, now() - n * interval '1 second', '', CASE WHEN n % 10 > 0 THEN 'again' END
            FROM generate_series(1, 20000) AS n
            """);
        await Database.ExecuteAsync("ANALYZE dead_letters");
        var filter = new DeadLetterFilter
        {
            Org = asked.Contains("org") ? new OrgId("org_7") : null, Source = asked.Contains("source") ? "s7" : null,
            FailureClassification = asked.Contains("failure") ? "f7" : null, NotRepeated = asked.Contains("open"),
        };
        var plan = await ExplainAsync(DeadLetterPage.Of(Dialect.Postgres, filter, Cursor, 50));
        plan.ShouldContain($" {index} ");
        plan.ShouldNotContain("Sort");
    }

    private static DeliveryStatus? Status(string asked) =>
        asked.Contains("status") ? DeliveryStatus.DeadLetter
        : asked.Contains("queued") ? DeliveryStatus.Queued
        : asked.Contains("sent") ? DeliveryStatus.Sent
        : null;

    private async Task FillAsync() => await Database.ExecuteAsync("""
        INSERT INTO deliveries (
            delivery_id, org_id, source, status, version, shard, created_at, updated_at, next_attempt_at, on_uncertain, accept_token, recipient_count, template_id)
        SELECT 'row-' || n, 'org_' || n % 13, CASE WHEN n % 9 = 0 THEN 'notification' ELSE 'api' END,
            CASE WHEN n % 20 = 0 THEN 'queued' WHEN n % 7 = 0 THEN 'dead_letter' ELSE 'sent' END, 1, n % 8,
            timestamptz '2027-01-15' + n * interval '100 ms', now(), CASE WHEN n % 20 = 0 THEN now() END, 'retry', 1, 1, CASE WHEN n % 11 = 0 THEN 'welcome' END
        FROM generate_series(1, 20000) AS n;
        INSERT INTO delivery_payloads (delivery_id, content, org_id, source, template_id, created_at)
        SELECT delivery_id, '', org_id, source, template_id, created_at FROM deliveries;
        INSERT INTO delivery_recipients (delivery_id, position, kind, address, created_at)
        SELECT delivery_id, 0, 'to', CASE WHEN shard = 0 THEN 'ops@example.test' ELSE delivery_id || '@example.test' END, created_at FROM deliveries;
        ANALYZE deliveries, delivery_payloads, delivery_recipients
        """);

    private async Task<string> ExplainAsync(Query query)
    {
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = PostgresReads.Command(query with { Sql = "EXPLAIN " + query.Sql });
        command.Connection = connection;
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}

/// <summary>The same for SQLite, which plans without having looked at the rows.</summary>
public sealed class SqlitePlanTests : StoreTest<SqliteUnderTest>
{
    [Theory]
    [InlineData("", "deliveries_by_time")]
    [InlineData("org", "deliveries_by_org")]
    [InlineData("source", "deliveries_by_source")]
    [InlineData("template", "deliveries_by_template")]
    [InlineData("recipient", "delivery_recipients_by_address")]
    [InlineData("recipient org", "delivery_recipients_by_address")]
    [InlineData("status", "deliveries_by_status")]
    [InlineData("status org", "deliveries_by_org_and_status")]
    [InlineData("status source", "deliveries_by_source_and_status")]
    [InlineData("status template", "deliveries_by_template_and_status")]
    public async Task A_page_is_read_from_one_index_in_its_order(string asked, string index)
    {
        var filter = new DeliveryFilter(asked.Contains("org") ? new OrgId("org_7") : null, asked.Contains("status") ? DeliveryStatus.Failed : null)
        {
            Source = asked.Contains("source") ? "notification" : null, TemplateId = asked.Contains("template") ? "welcome" : null,
            Recipient = asked.Contains("recipient") ? "ops@example.test" : null,
        };
        var plan = await ExplainAsync(DeliveryPage.Of(Dialect.Sqlite, filter, new(new(1), "m"), 50));
        plan.ShouldContain($"INDEX {index} ");
        plan.ShouldNotContain("ORDER BY");
    }

    private async Task<string> ExplainAsync(Query query)
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database.Path, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + query.Sql;
        for (var place = 1; place <= query.Arguments.Count; place++)
        {
            command.Parameters.AddWithValue($"?{place}", 1);
        }

        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
        {
            lines.Add(reader.GetString(3) + " ");
        }

        return string.Join('\n', lines);
    }
}
