using System.Text.Json;
using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

public sealed class HostileInputTests
{
    [Theory]
    [InlineData("Count")]
    [InlineData("Keys")]
    [InlineData("Values")]
    [InlineData("Length")]
    [InlineData("GetType")]
    [InlineData("ToString")]
    [InlineData("Budget")]
    [InlineData("Parent")]
    [InlineData("Path")]
    [InlineData("Item")]
    [InlineData("Comparer")]
    [InlineData("__proto__")]
    [InlineData("constructor")]
    [InlineData("prototype")]
    [InlineData("hasOwnProperty")]
    [InlineData("ValueKind")]
    public void No_member_of_NET_or_JavaScript_can_be_reached(string member)
    {
        const string variables = """{"o": {"x": 1}, "l": [1], "s": "text", "n": 1, "b": true, "d": 1.5}""";
        string[] paths = [member, $"this.{member}", $"@root.{member}", $"o.{member}", $"l.{member}", $"s.{member}", $"n.{member}", $"b.{member}", $"d.{member}", $"l.0.{member}"];
        foreach (var template in paths.Select(path => $"{{{{{path}}}}}").Append($"{{{{#each l}}}}{{{{@root.o.{member}}}}}{{{{/each}}}}"))
        {
            var failure = Render.Text(template, variables).Failure();
            failure.Code.ShouldBe(RenderFailureCode.UnknownVariable, template);
            failure.Variable.ShouldNotBeNull().ShouldEndWith(member);
        }

        Render.Text($"{{{{lookup o '{member}'}}}}", variables).Failure().Variable.ShouldBe("o.*");
    }

    [Theory]
    [InlineData("__proto__")]
    [InlineData("constructor")]
    [InlineData("Count")]
    [InlineData("GetType")]
    public void Such_a_name_is_a_variable_like_any_other_where_it_is_given(string name) =>
        Render.Text($"{{{{{name}}}}}", $$"""{"{{name}}": "mine"}""").Content().Text.ShouldBe("mine");

    [Theory]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    [InlineData("1")]
    [InlineData("true")]
    public void Variables_that_are_no_object_fail(string json) =>
        Render.Text("x", json).Failure().Code.Name().ShouldBe("render_failed");

    [Fact]
    public void No_variables_at_all_are_an_empty_object()
    {
        using var folder = TemplateFolder.Of("x");

        folder.Load().Render("t", "en", default).Content().Text.ShouldBe("x");
        folder.Load().Try("null").Content().Text.ShouldBe("x");
    }

    [Fact]
    public void Variables_nested_too_deep_fail()
    {
        Render.Text("x", Nested(31)).Content().Text.ShouldBe("x");
        Render.Text("x", Nested(32)).Failure().Message.ShouldContain("nested deeper than 32");
        Render.Text("x", Nested(60)).Failure().Message.ShouldContain("nested deeper than 32");

        static string Nested(int lists) => $$"""{"a": {{new string('[', lists)}}{{new string(']', lists)}}}""";
    }

    [Theory]
    [InlineData(TemplateLimits.VariableValues - 1, false)]
    [InlineData(TemplateLimits.VariableValues, true)]
    [InlineData(TemplateLimits.VariableValues * 4, true)]
    public void Too_many_variables_fail(int elements, bool refused)
    {
        var result = Render.Text("x", JsonSerializer.Serialize(new { list = new int[elements] }));

        (result is TemplateOutcome.Failed).ShouldBe(refused);
    }

    [Fact]
    public void Many_properties_in_one_object_are_found_by_name()
    {
        var many = Enumerable.Range(0, 10_000).ToDictionary(i => $"p{i}", i => i);

        Render.Text("{{p0}} {{p9999}}", JsonSerializer.Serialize(many)).Content().Text.ShouldBe("0 9999");
    }

    [Theory]
    [InlineData("""{"a": 1, "a": 2}""")]
    [InlineData("""{"b": 0, "c": 0, "d": 0, "e": 0, "f": 0, "g": 0, "h": 0, "i": 0, "a": 1, "a": 2}""")]
    public void The_last_of_repeated_names_wins(string variables) =>
        Render.Text("{{a}}", variables).Content().Text.ShouldBe("2");

    [Theory]
    [InlineData("""{"a": "\ud800"}""")]
    [InlineData("""{"\udc00": 1}""")]
    [InlineData("""{"a": ["\ud800x"]}""")]
    public void Text_that_is_not_Unicode_fails(string variables) =>
        Render.Text("x", variables).Failure().Message.ShouldContain("not Unicode");

    [Fact]
    public void Output_ends_at_the_limit_to_the_character()
    {
        Render.Text("{{v}}!", Value(TemplateLimits.BodyLength - 1)).Content().Text.Length.ShouldBe(TemplateLimits.BodyLength);
        Render.Text("{{v}}!", Value(TemplateLimits.BodyLength)).Failure().Code.Name().ShouldBe("output_too_large");
        Render.Text("{{v}}!{{v}}", Value(TemplateLimits.BodyLength)).Failure().Code.Name().ShouldBe("output_too_large");

        static string Value(int length) => JsonSerializer.Serialize(new { v = new string('x', length) });
    }

    [Fact]
    public void Escaping_counts_against_the_limit()
    {
        using var folder = TemplateFolder.Of("x", html: "{{v}}");

        folder.Load().Try(JsonSerializer.Serialize(new { v = new string('"', TemplateLimits.BodyLength / 6 + 1) }))
            .Failure().Message.ShouldBe("t/en/html.hbs: the result is longer than 1048576 characters: give it less to print");
    }

    [Theory]
    [InlineData(998, false)]
    [InlineData(999, true)]
    public void A_subject_ends_at_its_own_limit(int length, bool refused)
    {
        using var folder = TemplateFolder.Of("x", subject: "{{v}}");

        var result = folder.Load().Try(JsonSerializer.Serialize(new { v = new string('x', length) }));

        (result is TemplateOutcome.Failed { Failure.Code: RenderFailureCode.OutputTooLarge }).ShouldBe(refused);
    }

    [Theory]
    [InlineData("{{#each l}}{{#each ../l}}{{#each ../../l}}{{/each}}{{/each}}{{/each}}")]
    [InlineData("{{#each l}}{{#each @root.l}}{{#each @root.l}}{{#if this}}{{/if}}{{/each}}{{/each}}{{/each}}")]
    [InlineData("{{#each l}}{{#each @root.l}}{{#each @root.l}}{{#each @root.l}}{{#each @root.l}}{{/each}}{{/each}}{{/each}}{{/each}}{{/each}}")]
    public void Loops_that_print_nothing_end_too(string template)
    {
        var failure = Render.Text(template, JsonSerializer.Serialize(new { l = new int[2_000] })).Failure();

        failure.Code.Name().ShouldBe("render_failed");
        failure.Message.ShouldContain("its loops take more than");
    }

    [Fact]
    public void A_long_list_is_no_attack() =>
        Render.Text("{{#each l}}{{@index}} {{this}}\n{{/each}}", JsonSerializer.Serialize(new { l = new int[20_000] }))
            .Content().Text.Split('\n').Length.ShouldBe(20_001);

    [Fact]
    public void A_failure_leaves_nothing_behind_for_the_next_mail()
    {
        using var folder = TemplateFolder.Of("{{#each l}}{{this.x}}{{/each}}", html: "{{{a}}}{{b}}");
        var catalog = folder.Load();

        catalog.Try("""{"l": [{"x": "secret"}, {}]}""").Failure().Variable.ShouldBe("l.1.x");
        catalog.Try("""{"l": [{"x": "own"}], "a": "<"}""").Failure().Variable.ShouldBe("b");

        var content = catalog.Try("""{"l": [{"x": "own"}], "a": "<", "b": "<"}""").Content();
        content.Text.ShouldBe("own");
        content.Html.ShouldBe("<&lt;");
    }
}
