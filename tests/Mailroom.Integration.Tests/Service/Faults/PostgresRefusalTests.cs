using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;
using Npgsql;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>PostgreSQL runs and does not do what it is asked: the intake is refused, the log says why, and all goes on by itself.</summary>
public sealed class PostgresRefusalTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private LedgerSink _sink = null!;

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.Create();
        _sink = LedgerSink.Start();
    }

    public async Task DisposeAsync()
    {
        await _sink.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task While_others_have_all_connections_mail_is_refused_and_flows_again_once_there_are_some()
    {
        await using var store = TestStore.On(_server);
        await using var service = await RunningMailroom.Start(store, _sink.Port);
        await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

        var taken = new List<NpgsqlConnection> { await _server.Connect() };
        await Eventually.True(() => TakeAll(_server, taken), "every connection to be somebody else's");
        var refusal = await Refusal.Begins(service, ["53300"], answersReads: false);
        foreach (var connection in taken)
        {
            await connection.DisposeAsync();
        }

        await refusal.IsOver(_sink);
    }

    [Fact]
    public async Task While_writing_is_forbidden_mail_is_refused_reads_are_answered_and_it_flows_again_by_itself()
    {
        await using var store = TestStore.On(_server);
        await using var service = await RunningMailroom.Start(store, _sink.Port);
        await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

        await _server.Execute("ALTER SYSTEM SET default_transaction_read_only = on");
        await _server.Scalar<bool>("SELECT pg_reload_conf()");
        var refusal = await Refusal.Begins(service, ["25006"]);
        await _server.Execute("ALTER SYSTEM RESET default_transaction_read_only");
        await _server.Scalar<bool>("SELECT pg_reload_conf()");

        await refusal.IsOver(_sink);
    }

    [Fact]
    public async Task While_the_server_is_a_standby_mail_is_refused_and_it_flows_again_once_it_is_promoted()
    {
        await using var store = TestStore.On(_server);
        await using var service = await RunningMailroom.Start(store, _sink.Port);
        await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

        await _server.StopFast();
        await _server.MakeStandby();
        await _server.Start();
        var refusal = await Refusal.Begins(service, ["committing a batch", "25006"]);
        (await _server.Scalar<bool>("SELECT pg_promote()")).ShouldBeTrue();

        await refusal.IsOver(_sink);
    }

    [Fact]
    public async Task While_the_disk_is_full_mail_is_refused_and_it_flows_again_once_there_is_room()
    {
        await using var disk = await SmallDisk.Create(megabytes: 32, forPostgres: true);
        await _server.Execute($"CREATE TABLESPACE small LOCATION '{disk.Path}'");
        await _server.Execute("ALTER DATABASE postgres SET default_tablespace = small");
        await using (var store = TestStore.On(_server))
        {
            await using var service = await RunningMailroom.Start(store, _sink.Port);
            await service.Until(await service.Accept(TestMail.To("before@example.test")), "sent");

            disk.Fill();
            var refusal = await Refusal.Begins(service, ["53100"]);
            disk.MakeRoom();

            await refusal.IsOver(_sink);
        }

        await _server.StopImmediately();
    }

    /// <summary>One more look: throws the service's sessions out, takes what is free, and says whether the service has none left.</summary>
    private static async Task<bool> TakeAll(PostgresServer server, List<NpgsqlConnection> taken)
    {
        await Run("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'mailroom'");
        try
        {
            while (true)
            {
                taken.Add(await server.Connect());
            }
        }
        catch (PostgresException full) when (full.SqlState == PostgresErrorCodes.TooManyConnections)
        {
            return await Run("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mailroom'") == 0;
        }

        async Task<long> Run(string sql)
        {
            await using var command = new NpgsqlCommand(sql, taken[0]);
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }
}
