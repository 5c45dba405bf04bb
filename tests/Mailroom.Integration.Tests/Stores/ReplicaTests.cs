using Mailroom.Actors;
using Mailroom.Actors.Operators;
using Mailroom.Data;
using Mailroom.Integration.Tests.Settings;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Stores;

/// <summary>Listings for operators are read on a replica where there is one. Two databases that differ tell which was read.</summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private TestPostgres _primary = null!;
    private TestPostgres _replica = null!;

    public async Task InitializeAsync()
    {
        _primary = await TestPostgres.Create();
        _replica = await TestPostgres.Create();
        foreach (var database in (TestPostgres[])[_primary, _replica])
        {
            await using var store = Open(database);
            await store.Admin.MigrateUpAsync(CancellationToken.None);
        }

        await Record(_primary, "1-0");
        await Record(_replica, "2-0");
    }

    public async Task DisposeAsync()
    {
        await _primary.DisposeAsync();
        await _replica.DisposeAsync();
    }

    [Fact]
    [Trait("Requirement", "D27")]
    public async Task Without_a_replica_listings_are_read_on_the_primary()
    {
        await using var store = Open(_primary);

        (await Listed(store)).ShouldBe("1-0");
    }

    [Fact]
    [Trait("Requirement", "D27")]
    public async Task With_a_replica_listings_are_read_there_and_an_orgs_own_mail_on_the_primary()
    {
        await using var store = Open(_primary, _replica.ConnectionString);
        await _replica.Execute("DROP TABLE mail.deliveries CASCADE");

        (await Listed(store)).ShouldBe("2-0");
        (await store.Deliveries.ListAsync(new DeliveryFilter(OrgId.Default), null, 10, CancellationToken.None)).ShouldBeEmpty();

        // The replica cannot answer this one: it is read on the primary, and so is all else while the replica rests.
        (await store.Deliveries.ListAsync(new DeliveryFilter(null), null, 10, CancellationToken.None)).ShouldBeEmpty();
        (await Listed(store)).ShouldBe("1-0");
    }

    [Fact]
    [Trait("Requirement", "D27")]
    public async Task Where_one_replica_does_not_answer_another_one_does_and_then_the_primary()
    {
        const string Gone = "Host=127.0.0.1;Port=1;Database=mail;Username=u";
        await using var alone = Open(_primary, Gone);
        await using var beside = Open(_primary, Gone, _replica.ConnectionString);

        (await Listed(alone)).ShouldBe("1-0");
        for (var i = 0; i < 4; i++)
        {
            (await Listed(beside)).ShouldBe("2-0");
        }
    }

    private static IMailroomStore Open(TestPostgres primary, params string[] replicas) => Host.Running.Stores.Open(
        Start.Sound(Start.With(new Dictionary<string, string>
        {
            ["MAILROOM_STORE"] = "postgres",
            ["MAIL_POSTGRES_PRIMARY_DSN"] = primary.ConnectionString,
            ["MAIL_POSTGRES_REPLICA_DSNS"] = string.Join(',', replicas),
        })),
        TimeProvider.System);

    private static async Task<string> Listed(IMailroomStore store) =>
        (await store.Operators.MalformedAsync(new MalformedFilter(), null, 10, CancellationToken.None)).ShouldHaveSingleItem().Command.EntryId.ToString();

    private static Task Record(TestPostgres database, string entry) => database.Execute($$"""
        INSERT INTO mail.malformed_commands (stream, entry_id, recorded_at, failure_code, failure_message, raw_fields, raw_truncated)
        VALUES ('s', '{{entry}}', now(), 'invalid_command', 'm', '{}', false)
        """);
}
