using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Faults;

/// <summary>Hostile data for templates, all the way from the stream to the next hop.</summary>
public sealed class TemplateFaultTests : IAsyncLifetime
{
    private const string Hostile = """<script>{{constructor}}{{{code}}}{{> /etc/passwd}}</script>""";

    private readonly TemporaryFolder _templates = new();
    private TestRedis _redis = null!;
    private TestStore _store = null!;

    public async Task InitializeAsync()
    {
        Write("auth.login_code", "subject", "Your code");
        Write("auth.login_code", "text", "{{code}}");
        Write("notice", "subject", "For {{name}}");
        Write("notice", "text", "{{name}} {{#each rows}}{{../big}}{{/each}}");
        Write("notice", "html", "<p>{{name}}</p>");
        _redis = await TestRedis.Create();
        _store = await TestStore.Create(TestStore.Sqlite);
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        await _redis.DisposeAsync();
        _templates.Dispose();
    }

    [Fact]
    public async Task Hostile_data_is_printed_escaped_in_HTML_and_what_would_grow_too_large_fails_alone()
    {
        await using var sink = await SmtpSink.Start(keepMails: true);
        await using var service = await RunningMailroom.Start(_store, sink.Port, [.. _redis.Settings(), ("MAIL_TEMPLATE_DIR", _templates.Path)]);

        await _redis.Add(Command("bomb", new { name = "Ada", rows = Enumerable.Repeat(0, 1_000).ToArray(), big = new string('x', 100_000) }));
        await _redis.Add(Command("lacking", new { rows = Array.Empty<int>() }));
        await _redis.Add(Command("path", new { name = "Ada" }, template: "../../../../etc/passwd"));
        await _redis.Add(Command("hostile", new { name = Hostile, rows = Array.Empty<int>() }));

        await sink.WaitForMails(1);
        var mail = await ReadMail.From(sink.ReadMails().ShouldHaveSingleItem());
        mail.Headers["subject"].ShouldBe("For " + Hostile);
        mail.Text.ShouldNotBeNull().TrimEnd().ShouldBe(Hostile);
        mail.Html.ShouldNotBeNull().TrimEnd().ShouldBe("<p>&lt;script&gt;{{constructor}}{{{code}}}{{&gt; /etc/passwd}}&lt;/script&gt;</p>");
        foreach (var id in new[] { "bomb", "lacking" })
        {
            await service.UntilTaken(id, "failed");
            (await service.Attempts(id)).ShouldHaveSingleItem().GetProperty("status").GetString().ShouldBe("render_failed");
        }

        (await _store.Rows("SELECT delivery_id, failure_code FROM malformed_commands")).ShouldHaveSingleItem().ShouldBe(["path", "unknown_template"]);
    }

    private static string[] Command(string id, object variables, string template = "notice") =>
        TestCommand.Of(id, "template", new { to = new[] { "ada@example.test" }, template_id = template, locale = "en", variables });

    private void Write(string template, string part, string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_templates.Path, template, "en")).FullName;
        File.WriteAllText(Path.Combine(folder, part + ".hbs"), text);
    }
}
