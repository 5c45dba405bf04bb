using Mailroom.Actors.Deliveries;
using System.Text.Json;
using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

public sealed class RenderingTests
{
    [Theory]
    [InlineData("en", "en", false)]
    [InlineData("fr", "fr", false)]
    [InlineData("FR", "fr", false)]
    [InlineData("fr-FR", "fr", true)]
    [InlineData("fr-Latn-CA", "fr", true)]
    [InlineData("zh-Hant-TW", "zh-Hant", true)]
    [InlineData("ZH-HANT", "zh-Hant", false)]
    [InlineData("zh", "en", true)]
    [InlineData("de", "en", true)]
    [InlineData("en-GB", "en", true)]
    [InlineData("", "en", true)]
    [InlineData("-", "en", true)]
    [InlineData("fr_FR", "en", true)]
    [InlineData("../fr", "en", true)]
    [InlineData("fr-", "en", true)]
    [InlineData("fr\r\nBcc: x", "en", true)]
    public void A_locale_falls_back_to_the_wider_one_and_at_last_to_English(string asked, string used, bool fallback)
    {
        using var folder = new TemplateFolder();
        foreach (var locale in new[] { "en", "fr", "zh-Hant" })
        {
            folder.With($"t/{locale}/subject.hbs", locale).With($"t/{locale}/text.hbs", locale);
        }

        var content = folder.Load().Try("{}", asked).Content();

        content.ShouldBe(new RenderedContent(used, used, null, used, fallback));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("T")]
    [InlineData("")]
    [InlineData("../t")]
    [InlineData("t\r\nx")]
    public void An_unknown_template_is_a_failure(string id)
    {
        using var folder = TemplateFolder.Of("x");

        var failure = folder.Load().Render(id, "en", Render.Json("{}")).Failure();

        failure.Code.Name().ShouldBe("unknown_template");
        failure.Message.ShouldNotContain("\n");
    }

    [Theory]
    [InlineData("{{missing}}", "missing")]
    [InlineData("{{{missing}}}", "missing")]
    [InlineData("{{a.missing}}", "a.missing")]
    [InlineData("{{a.b.missing.c}}", "a.b.missing")]
    [InlineData("{{list.[9].x}}", "list.9")]
    [InlineData("{{list.999999}}", "list.999999")]
    [InlineData("{{nothing.x}}", "x")]
    [InlineData("{{text.length}}", "length")]
    [InlineData("{{@root.missing}}", "missing")]
    [InlineData("{{this.missing}}", "missing")]
    [InlineData("{{#if missing}}{{/if}}", "missing")]
    [InlineData("{{#if no}}{{else if missing}}{{/if}}", "missing")]
    [InlineData("{{#unless missing}}{{/unless}}", "missing")]
    [InlineData("{{#each missing}}{{/each}}", "missing")]
    [InlineData("{{#with missing}}{{/with}}", "missing")]
    [InlineData("{{#each list}}{{missing}}{{/each}}", "list.0.missing")]
    [InlineData("{{#each list}}{{text}}{{/each}}", "list.0.text")]
    [InlineData("{{#each list}}{{../missing}}{{/each}}", "missing")]
    [InlineData("{{#each list as |item|}}{{item.missing}}{{/each}}", "list.0.missing")]
    [InlineData("{{#with a}}{{#if b.missing}}{{/if}}{{/with}}", "a.b.missing")]
    [InlineData("{{#each people}}{{missing}}{{/each}}", "people.*.missing")]
    [InlineData("{{lookup a 'missing'}}", "a.*")]
    [InlineData("{{lookup a text}}", "a.*")]
    [InlineData("{{lookup missing 'x'}}", "missing")]
    [InlineData("{{#if (lookup a 'missing')}}{{/if}}", "a.*")]
    [InlineData("{{Text}}", "Text")]
    public void An_unknown_variable_is_named_wherever_it_stands(string template, string variable)
    {
        var failure = Render.Text(template, """
            {
              "a": {"b": {"c": 1}}, "list": [{"x": 1}], "text": "se cret", "no": false, "nothing": null,
              "people": {"ada@example.com": {"x": 1}}
            }
            """).Failure();

        failure.Code.Name().ShouldBe("unknown_variable");
        failure.Variable.ShouldBe(variable);
        failure.Message.ShouldBe($"t/en/text.hbs: unknown variable '{variable}': give it, or take it out of the template");
    }

    [Fact]
    public void A_branch_that_is_not_taken_asks_for_nothing() =>
        Render.Text("{{#if no}}{{missing}}{{/if}}x", """{"no": false}""").Content().Text.ShouldBe("x");

    [Fact]
    public void HTML_escapes_and_text_and_subject_do_not()
    {
        const string value = """<b> & "it's" `a=b`""";
        using var folder = TemplateFolder.Of("{{v}} {{{v}}}", subject: "{{v}} {{{v}}}", html: "{{v}} {{{v}}}");

        var content = folder.Load().Try(JsonSerializer.Serialize(new { v = value })).Content();

        content.Subject.ShouldBe($"{value} {value}");
        content.Text.ShouldBe($"{value} {value}");
        content.Html.ShouldBe($"&lt;b&gt; &amp; &quot;it&#39;s&quot; &#96;a&#61;b&#96; {value}");
    }

    [Theory]
    [InlineData("{{lookup o 'v'}}")]
    [InlineData("{{#each o}}{{this}}{{/each}}")]
    [InlineData("{{#each o as |x|}}{{x}}{{/each}}")]
    [InlineData("{{#with o}}{{v}}{{/with}}")]
    [InlineData("{{#each k}}{{@key}}{{/each}}")]
    public void HTML_escapes_whatever_way_a_value_takes(string template)
    {
        using var folder = TemplateFolder.Of("x", html: template);

        folder.Load().Try("""{"o": {"v": "<i>"}, "k": {"<i>": 1}}""").Content().Html.ShouldBe("&lt;i&gt;");
    }

    [Theory]
    [InlineData("{{name}}")]
    [InlineData("{{{name}}}")]
    [InlineData("{{#if name}}{{> /etc/passwd}}{{/if}}")]
    [InlineData("{{lookup this 'name'}}")]
    [InlineData("\\{{name}}")]
    public void Braces_in_data_are_printed_and_never_evaluated(string value)
    {
        using var folder = TemplateFolder.Of("{{name}}", subject: "{{name}}", html: "{{{name}}}");

        var content = folder.Load().Try(JsonSerializer.Serialize(new { name = value })).Content();

        content.Subject.ShouldBe(value);
        content.Text.ShouldBe(value);
        content.Html.ShouldBe(value);
    }

    [Theory]
    [InlineData("a\r\nBcc: x", "U+000D")]
    [InlineData("a\nb", "U+000A")]
    [InlineData("a\0b", "U+0000")]
    [InlineData("a\u001bb", "U+001B")]
    [InlineData("a\u0085b", "U+0085")]
    [InlineData("a\u2028b", "U+2028")]
    public void A_subject_of_more_than_one_line_fails(string value, string named)
    {
        using var folder = TemplateFolder.Of("x", subject: "s {{v}}");

        var failure = folder.Load().Try(JsonSerializer.Serialize(new { v = value })).Failure();

        failure.Code.Name().ShouldBe("render_failed");
        failure.Message.ShouldBe($"t/en/subject.hbs: the subject holds {named}: it must be one line without control characters");
    }

    [Theory]
    [InlineData("s\n")]
    [InlineData("s\r\n")]
    [InlineData("s")]
    public void The_line_break_that_ends_a_subject_file_is_not_part_of_it(string subject)
    {
        using var folder = TemplateFolder.Of("x", subject);

        folder.Load().Try("{}").Content().Subject.ShouldBe("s");
    }

    [Fact]
    public void A_locale_without_HTML_has_none_even_where_English_has_it()
    {
        using var folder = TemplateFolder.Of("x", html: "<p>").With("t/fr/subject.hbs", "s").With("t/fr/text.hbs", "t");

        folder.Load().Try("{}", "fr").Content().Html.ShouldBeNull();
    }
}
