using System.Text;
using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

/// <summary>Templates put together by chance: the language's check and the engine must agree on what a template is.</summary>
public sealed class RandomTemplateTests
{
    private static readonly string[] Openings =
    [
        "{{#if a}}", "{{~#if b.c~}}", "{{#unless a}}", "{{#each l}}", "{{#each l as |x i|}}", "{{#each l as |a|}}", "{{#each this}}",
        "{{#each b}}", "{{#with b}}", "{{#with b as |z|}}", "{{#with this}}", "{{#if (lookup b \"c\")}}", "{{#if @last}}", "{{#section}}",
    ];

    private static readonly string[] Pieces =
    [
        "{{a}}", "{{{a}}}", "{{~a~}}", "{{b.c}}", "{{b.[c]}}", "{{x}}", "{{x.y}}", "{{z.c}}", "{{../a}}", "{{..}}", "{{this}}", "{{.}}",
        "{{this.a}}", "{{value}}", "{{@root.a}}", "{{@index}}", "{{@key}}", "{{@first}}", "{{l.0}}", "{{l.length}}", "{{lookup b 'c'}}",
        "{{lookup l @index}}", "{{lookup . 'a'}}", "{{else}}", "{{else if a}}", "{{~else~}}", "{{! c }}", "{{!-- {{a}} --}}", "{{~! c ~}}",
        "text", "\n", " ", "<", "\"", "{", "}", "}}", "{{", "{{{", "\\", "{{> p}}", "{{log a}}",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_template_is_refused_with_its_line_or_renders_to_a_result(int series)
    {
        var (rendered, failed, refused) = (0, 0, 0);
        for (var seed = series * 1_000; seed < series * 1_000 + 250; seed++)
        {
            var template = Compose(new Random(seed));
            using var folder = TemplateFolder.Of(template, html: template);
            try
            {
                var result = folder.Load().Try("""{"a": "A", "b": {"c": "C"}, "l": [1, {"y": 2}, "s", null, [1, 2]], "value": 1}""");
                (rendered, failed) = result is TemplateOutcome.Rendered ? (rendered + 1, failed) : (rendered, failed + 1);
                if (result is TemplateOutcome.Failed { Failure: var failure })
                {
                    failure.Message.ShouldNotContain("the engine stopped", customMessage: $"seed {seed}: {template}");
                }
            }
            catch (TemplateCatalogException refusal)
            {
                refused++;
                refusal.Problems.ShouldAllBe(problem => problem.Line != null, $"seed {seed}: {template}");
                refusal.Message.ShouldNotContain("the engine refuses", customMessage: $"seed {seed}: {template}");
            }
        }

        rendered.ShouldBeGreaterThan(10);
        failed.ShouldBeGreaterThan(10);
        refused.ShouldBeGreaterThan(10);
    }

    private static string Compose(Random random)
    {
        var template = new StringBuilder();
        var open = new Stack<string>();
        for (var left = random.Next(1, 10); left > 0; left--)
        {
            switch (random.Next(6))
            {
                case 0:
                    var opening = Openings[random.Next(Openings.Length)];
                    template.Append(opening);
                    open.Push(opening.Trim('{', '}', '~').Split(' ')[0][1..]);
                    break;
                case 1 when open.TryPop(out var name):
                    template.Append($"{{{{/{name}}}}}");
                    break;
                default:
                    template.Append(Pieces[random.Next(Pieces.Length)]);
                    break;
            }
        }

        while (random.Next(20) > 0 && open.TryPop(out var name))
        {
            template.Append($"{{{{/{name}}}}}");
        }

        return template.ToString();
    }
}
