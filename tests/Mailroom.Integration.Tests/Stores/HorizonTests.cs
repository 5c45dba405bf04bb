using System.Text.RegularExpressions;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Data.Postgres;
using Mailroom.Testing;
using Npgsql;
using Xunit.Abstractions;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>
/// A long transaction of somebody else keeps PostgreSQL from clearing away old versions of rows. Counted in pages that are touched, because
/// times are the machine's.
/// </summary>
public sealed partial class HorizonTests(ITestOutputHelper output) : StoreTest<PostgresUnderTest>
{
    private const int Batch = 100;
    private const int Batches = 12;

    /// <summary>Sessions of the test's own that stay.</summary>
    private int _others;

    [Fact]
    public async Task Under_a_long_transaction_a_mail_costs_what_it_did_and_a_look_for_what_is_due_less_than_a_page_for_two_mails_since()
    {
        await RunAsync("warm", 2);
        await using var connection = new NpgsqlConnection(Database.ConnectionString);
        await connection.OpenAsync();
        _others = 1;
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using (var look = new NpgsqlCommand("SELECT count(*) FROM deliveries", connection, transaction))
        {
            await look.ExecuteScalarAsync();
        }

        var idle = await LookAsync();
        var first = await RunAsync("early", Batches / 2);
        var early = await LookAsync();
        var second = await RunAsync("late", Batches / 2);
        var late = await LookAsync();
        await transaction.RollbackAsync();
        await Database.ExecuteAsync("VACUUM deliveries");
        var after = await LookAsync();

        var mails = Batches * Batch;
        output.WriteLine($"pages a mail: {first:F1} at first, {second:F1} later; pages a look: {idle} before, {early} after {mails / 2} mails, {late} after {mails}, {after} once it was over");
        second.ShouldBeLessThan(first * 1.3);
        late.ShouldBeLessThan(idle + (mails / 2));
        after.ShouldBeLessThan(idle + 50);
    }

    /// <summary>Mails that wait for a slot, are claimed and sent, and the pages that each took.</summary>
    private async Task<double> RunAsync(string name, int batches)
    {
        var before = await PagesAsync();
        for (var batch = 0; batch < batches; batch++)
        {
            var accepted = Enumerable.Range(0, Batch).Select(n => World.Accept($"{name}-{batch}-{n}")).ToArray();
            await World.CommitAsync(accepted);
            var claimed = Array.ConvertAll(accepted, change => World.Next(change, new ClaimAttempt(World.Claim())));
            await World.CommitAsync(claimed);
            var sent = Array.ConvertAll(claimed, change => World.Ended(change, Histories.Accepted));
            await World.CommitAsync(sent);
            sent.ShouldAllBe(change => change.Outcome == ChangeOutcome.Committed);
        }

        return (double)(await PagesAsync() - before) / (batches * Batch);
    }

    /// <summary>Pages of all tables and indexes that were touched so far. A session has told all that it did once it has ended.</summary>
    private async Task<long> PagesAsync()
    {
        await ReopenAsync();
        await Eventually.True(
            async () => (await Database.QueryAsync($"SELECT pid FROM pg_stat_activity WHERE application_name = '{Database.Schema}' AND pid <> pg_backend_pid()")).Count <= _others,
            "the writer's session to have ended");
        return long.Parse((await Database.QueryAsync($"""
            SELECT coalesce(sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read), 0) FROM pg_statio_user_tables WHERE schemaname = '{Database.Schema}'
            """))[0]!, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The pages that one look for what is due touches, in the midst of nothing that is.</summary>
    private async Task<int> LookAsync()
    {
        var now = World.Now + TimeSpan.FromHours(1);
        var shards = Enumerable.Range(0, World.Shards).ToArray();
        return await TouchedAsync(PostgresReads.Command(
                "EXPLAIN (ANALYZE, BUFFERS) " + PostgresLanes.ByLaneSql, Parameters.Of(now), Parameters.Of(shards), Parameters.Of(""), Parameters.Of(false), Parameters.Of(256), Parameters.Of(64)))
            + await TouchedAsync(PostgresReads.Command("EXPLAIN (ANALYZE, BUFFERS) " + PostgresLanes.ClaimsSql, Parameters.Of(now), Parameters.Of(shards), Parameters.Of(1000)));
    }

    private async Task<int> TouchedAsync(NpgsqlCommand command)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Options = "-c enable_seqscan=off -c jit=off" }.ConnectionString);
        await connection.OpenAsync();
        command.Connection = connection;
        await using var plan = await command.ExecuteReaderAsync();
        while (await plan.ReadAsync())
        {
            // The first line with buffers is the whole plan's.
            if (Buffers().Match(plan.GetString(0)) is { Success: true } found)
            {
                return found.Groups[1].Captures.Concat(found.Groups[2].Captures).Sum(pages => int.Parse(pages.Value, System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        throw new InvalidOperationException("The plan tells no buffers.");
    }

    [GeneratedRegex("Buffers: shared(?: hit=([0-9]+))?(?: read=([0-9]+))?")]
    private static partial Regex Buffers();
}
