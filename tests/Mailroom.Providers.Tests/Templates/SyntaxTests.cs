namespace Mailroom.Providers.Tests.Templates;

public sealed class SyntaxTests
{
    [Theory]
    [InlineData("{{#if a}}", 1, "'{{#if}}' is not closed")]
    [InlineData("x\n\n{{#each a}}\ny", 3, "'{{#each}}' is not closed")]
    [InlineData("\n{{/if}}", 2, "closes a block that was not opened")]
    [InlineData("{{#if a}}\n{{#each b}}\n{{/if}}{{/each}}", 3, "'{{/each}}' must close line 2")]
    [InlineData("{{#if a}}{{else}}{{else}}{{/if}}", 1, "follows the last one")]
    [InlineData("{{#if a}}{{else}}{{else if b}}{{/if}}", 1, "follows the last one")]
    [InlineData("{{#each a}}{{else if b}}{{/each}}", 1, "inside an #if")]
    [InlineData("{{#unless a}}{{else if b}}{{/unless}}", 1, "inside an #if")]
    [InlineData("{{else}}", 1, "outside a block")]
    [InlineData("a\n{{b", 2, "is not closed: end it with '}}'")]
    [InlineData("{{{b}}", 1, "end it with '}}}'")]
    [InlineData("{{b}}}", 1, "is not closed")]
    [InlineData("{{}}", 1, "the tag is empty")]
    [InlineData("{{~~}}", 1, "the tag is empty")]
    [InlineData("{{a {{b}} }}", 1, "keep other braces out")]
    [InlineData("{{!-- open", 1, "end it with '--}}'")]
    [InlineData("{{! a {{b}} }}", 1, "must be written '{{!--")]
    [InlineData("\n{{! a }}}", 2, "a brace follows the comment")]
    [InlineData("{{!-- a --}}}}", 1, "a brace follows the comment")]
    [InlineData("\\{{a}}", 1, "a backslash before '{{'")]
    [InlineData("{{{{raw}}}}{{a}}{{{{/raw}}}}", 1, "raw blocks")]
    [InlineData("{{> header}}", 1, "partials are not supported")]
    [InlineData("{{>/etc/passwd}}", 1, "partials are not supported")]
    [InlineData("{{#> layout}}{{/layout}}", 1, "'#>' is not supported")]
    [InlineData("{{#*inline 'x'}}{{/inline}}", 1, "'#*inline' is not supported")]
    [InlineData("{{* x}}", 1, "decorators are not supported")]
    [InlineData("{{^if a}}{{/if}}", 1, "'^' is not supported")]
    [InlineData("{{&a}}", 1, "'&' is not supported")]
    [InlineData("{{#section}}{{/section}}", 1, "'#section' is not supported")]
    [InlineData("{{#lookup a b}}{{/lookup}}", 1, "'#lookup' is not supported")]
    [InlineData("{{log a}}", 1, "'log' is not a helper")]
    [InlineData("{{upper name}}", 1, "'upper' is not a helper")]
    [InlineData("{{log}}", 1, "'log' is a helper's name")]
    [InlineData("{{LOOKUP}}", 1, "'LOOKUP' is a helper's name")]
    [InlineData("{{lookup}}", 1, "'lookup' takes")]
    [InlineData("{{lookup a}}", 1, "'lookup' takes")]
    [InlineData("{{lookup a b c}}", 1, "'lookup' takes")]
    [InlineData("{{#if}}{{/if}}", 1, "'#if' takes one variable")]
    [InlineData("{{#if a b}}{{/if}}", 1, "'#if' takes one variable")]
    [InlineData("{{#if (eq a b)}}{{/if}}", 1, "is not a '(lookup …)'")]
    [InlineData("{{#if (lookup a (lookup b c))}}{{/if}}", 1, "not closed")]
    [InlineData("{{#if 'text'}}{{/if}}", 1, "is not a variable")]
    [InlineData("{{#if includeZero=true}}{{/if}}", 1, "is not a variable")]
    [InlineData("{{#if a as |b|}}{{/if}}", 1, "names are given as")]
    [InlineData("{{#each a as |b c d|}}{{/each}}", 1, "names are given as")]
    [InlineData("{{#each a |b|}}{{/each}}", 1, "names are given as")]
    [InlineData("{{#each a as |if|}}{{/each}}", 1, "names are given as")]
    [InlineData("{{'text'}}", 1, "is not a variable")]
    [InlineData("{{1}}", 1, "is not a variable")]
    [InlineData("{{true}}", 1, "is not a variable")]
    [InlineData("{{a..b}}", 1, "is not a variable")]
    [InlineData("{{a/b}}", 1, "is not a variable")]
    [InlineData("{{a.this}}", 1, "is not a variable")]
    [InlineData("{{a.[b c]}}", 1, "is not a helper")]
    [InlineData("{{a()}}", 1, "is not a variable")]
    [InlineData("{{a.GetType()}}", 1, "is not a variable")]
    [InlineData("{{é}}", 1, "is not a variable")]
    [InlineData("{{../a}}", 1, "climbs out of the variables")]
    [InlineData("{{#each a}}{{../../b}}{{/each}}", 1, "climbs out of the variables")]
    [InlineData("{{#if a}}{{../b}}{{/if}}", 1, "climbs out of the variables")]
    [InlineData("{{#each a}}{{else}}{{../b}}{{/each}}", 1, "climbs out of the variables")]
    [InlineData("{{..}}", 1, "climbs out of the variables")]
    [InlineData("{{@index}}", 1, "outside an {{#each}}")]
    [InlineData("{{#with a}}{{@key}}{{/with}}", 1, "outside an {{#each}}")]
    [InlineData("{{#each a}}{{else}}{{@index}}{{/each}}", 1, "outside an {{#each}}")]
    [InlineData("{{#each a}}{{@../index}}{{/each}}", 1, "is not supported")]
    [InlineData("{{@partial-block}}", 1, "is not supported")]
    [InlineData("{{@config.x}}", 1, "is not supported")]
    public void What_the_language_does_not_have_stops_the_start_with_its_line(string template, int line, string cause)
    {
        using var folder = TemplateFolder.Of(template);

        var problem = folder.Problems().ShouldHaveSingleItem();
        problem.ShouldStartWith($"t/en/text.hbs:{line}: ");
        problem.ShouldContain(cause);
    }

    [Fact]
    public void Every_problem_of_a_file_is_listed()
    {
        using var folder = TemplateFolder.Of("{{> a}}\n{{log b}}\n{{c d}}\n");

        folder.Problems().Select(problem => problem[..problem.IndexOf(": ", StringComparison.Ordinal)])
            .ShouldBe(["t/en/text.hbs:1", "t/en/text.hbs:2", "t/en/text.hbs:3"]);
    }

    [Fact]
    public void Blocks_nested_too_deep_are_refused()
    {
        Nested(16).ShouldBeEmpty();
        Nested(17).ShouldHaveSingleItem().ShouldContain("nested deeper than 16");
        Nested(10_000).ShouldHaveSingleItem().ShouldContain("nested deeper than 16");

        static IReadOnlyList<string> Nested(int depth)
        {
            var blocks = string.Concat(Enumerable.Repeat("{{#if a}}", depth)) + string.Concat(Enumerable.Repeat("{{/if}}", depth));
            return ProblemsOf(blocks);
        }
    }

    [Fact]
    public void Too_many_tags_are_refused()
    {
        ProblemsOf(string.Concat(Enumerable.Repeat("{{a}}", 2_000))).ShouldBeEmpty();
        ProblemsOf(string.Concat(Enumerable.Repeat("{{a}}", 2_001))).ShouldHaveSingleItem().ShouldContain("more than 2000 tags");
    }

    [Fact]
    public void A_tag_too_long_is_refused() =>
        ProblemsOf("{{" + string.Join('.', Enumerable.Repeat("abc", 500)) + "}}").ShouldHaveSingleItem().ShouldContain("longer than 512");

    private static IReadOnlyList<string> ProblemsOf(string template)
    {
        using var folder = TemplateFolder.Of(template);
        try
        {
            folder.Load();
            return [];
        }
        catch (Mailroom.Providers.Templates.TemplateCatalogException refused)
        {
            return [.. refused.Problems.Select(problem => problem.ToString())];
        }
    }
}
