using System.Net;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>The operator's commands as processes of their own.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Migrations_are_shown_applied_and_reverted_one_by_one(string kind)
    {
        await using var store = await TestStore.Create(kind);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, MailroomEnvironment.Production);
        (await Run(environment, 0, "db", "status")).Count(line => line.Contains("pending", StringComparison.Ordinal)).ShouldBeGreaterThan(1);

        (await Run(environment, 0, "db", "up")).ShouldHaveSingleItem().ShouldStartWith("Applied 1, 2");
        (await Run(environment, 0, "db", "status")).ShouldNotContain(line => line.Contains("pending", StringComparison.Ordinal));
        (await Run(environment, 0, "db", "up")).ShouldHaveSingleItem().ShouldBe("Nothing to apply: the schema is up to date.");

        var newest = await store.Count("SELECT max(version) FROM schema_migrations");
        (await Run(environment, 0, "db", "down", "--yes")).ShouldHaveSingleItem().ShouldStartWith($"Reverted {newest}.");
        (await store.Count("SELECT max(version) FROM schema_migrations")).ShouldBe(newest - 1);
        (await Run(environment, 0, "db", "status")).Count(line => line.Contains("pending", StringComparison.Ordinal)).ShouldBe(1);
        (await Run(environment, 0, "db", "up")).ShouldHaveSingleItem().ShouldBe($"Applied {newest}.");
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task Reverting_what_holds_data_asks_first(string kind)
    {
        await using var store = await TestStore.Create(kind);
        var environment = MailroomEnvironment.Of(store, smtpPort: 25, MailroomEnvironment.Production);
        await Run(environment, 0, "db", "up");

        // From the newest down to the first one that would lose data.
        MailroomCommand.Ended ended;
        do
        {
            ended = await MailroomCommand.Run(environment, "db", "down");
        }
        while (ended.ExitCode == 0);

        ended.ExitCode.ShouldBe(1, ended.Output);
        ended.Output.ShouldContain("mailroom db down --yes");
        (await store.Count("SELECT count(*) FROM deliveries")).ShouldBe(0);
    }

    [Fact]
    public async Task A_key_made_while_the_service_runs_works_until_it_is_revoked()
    {
        await using var store = await TestStore.Create(TestStore.Postgres);
        await using var sink = LedgerSink.Start();
        var environment = MailroomEnvironment.Of(store, sink.Port, MailroomEnvironment.Production);
        await using var first = await RunningMailroom.StartWith(await MailroomCommand.NewKey(environment), environment);
        var key = await MailroomCommand.NewKey(environment);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        async Task<HttpStatusCode> List() => (await http.GetAsync(new Uri(first.Public, "/api/v1/emails"))).StatusCode;
        (await List()).ShouldBe(HttpStatusCode.OK);

        var id = await IdOf(environment, store, key);
        (await Run(environment, 0, "keys", "revoke", id)).ShouldHaveSingleItem().ShouldStartWith($"Revoked {id}.");

        await Eventually.True(async () => await List() == HttpStatusCode.Forbidden, "the key to stop working");
        (await Run(environment, 1, "keys", "revoke", id)).ShouldHaveSingleItem().ShouldContain("mailroom keys list");
    }

    [Fact]
    public async Task Keys_are_made_listed_and_revoked_on_a_SQLite_file_and_the_secret_is_never_shown_again()
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);
        await using var sink = LedgerSink.Start();
        var environment = MailroomEnvironment.Of(store, sink.Port, MailroomEnvironment.Production);
        var (kept, revoked) = (await MailroomCommand.NewKey(environment), await MailroomCommand.NewKey(environment));

        var id = await IdOf(environment, store, revoked);
        await Run(environment, 0, "keys", "revoke", id);

        string.Join('\n', await Run(environment, 0, "keys", "list")).ShouldNotContain(kept);
        await using var service = await RunningMailroom.StartWith(kept, environment);
        await service.Until(await service.Accept(TestMail.To("ada@example.test")), "sent");
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", revoked);
        (await http.GetAsync(new Uri(service.Public, "/api/v1/emails"))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData(TestStore.Sqlite)]
    [InlineData(TestStore.Postgres)]
    public async Task A_key_is_made_only_for_an_org_that_exists(string kind)
    {
        await using var store = await TestStore.Create(kind);
        await using var sink = LedgerSink.Start();
        var environment = MailroomEnvironment.Of(store, sink.Port, MailroomEnvironment.Production);

        foreach (var org in new[] { "acme", "org_all" })
        {
            (await Run(environment, 1, "keys", "create", "--name", "test", "--org", org)).ShouldHaveSingleItem()
                .ShouldBe($"mailroom: there is no org {org}: make it first, by POST /api/v1/internal/orgs on the internal listener.");
        }

        (await store.Count("SELECT count(*) FROM api_keys")).ShouldBe(0);
        await using (var service = await RunningMailroom.StartWith("none", environment))
        {
            using var inside = new Operator(service);
            using var made = await inside.MakeOrg("acme");
            await service.Terminate();
        }

        (await Run(environment, 0, "keys", "create", "--name", "test", "--org", "acme")).Count(line => line.StartsWith("mr_", StringComparison.Ordinal)).ShouldBe(1);
        (await store.Count("SELECT count(*) FROM api_keys WHERE org_id = 'acme'")).ShouldBe(2);
    }

    [Theory]
    [InlineData("keys", "create")]
    [InlineData("keys", "create", "--name", "a", "--org", "not an org")]
    [InlineData("keys", "revoke", "key_that_is_not_there")]
    [InlineData("db", "sideways")]
    [InlineData("serve")]
    public async Task A_wrong_command_line_is_told_and_changes_nothing(params string[] arguments)
    {
        await using var store = await TestStore.Create(TestStore.Sqlite);

        var ended = await MailroomCommand.Run(MailroomEnvironment.Of(store, smtpPort: 25, MailroomEnvironment.Production), arguments);

        ended.ExitCode.ShouldNotBe(0, ended.Output);
        ended.ExitCode.ShouldBeLessThan(128);
        ended.Output.ShouldNotContain("   at ");
    }

    private static async Task<IReadOnlyList<string>> Run(IReadOnlyDictionary<string, string?> environment, int code, params string[] arguments)
    {
        var ended = await MailroomCommand.Run(environment, arguments);
        ended.ExitCode.ShouldBe(code, ended.Output);
        return ended.Lines;
    }

    /// <summary>The id that the list shows for a key.</summary>
    private static async Task<string> IdOf(IReadOnlyDictionary<string, string?> environment, TestStore store, string key)
    {
        var shown = string.Join('\n', await Run(environment, 0, "keys", "list"));
        shown.ShouldNotContain(key);
        var rows = await store.Rows("SELECT key_id, prefix FROM api_keys");
        var id = rows.Single(row => key.StartsWith(row[1], StringComparison.Ordinal))[0];
        shown.ShouldContain(id);
        return id;
    }
}
