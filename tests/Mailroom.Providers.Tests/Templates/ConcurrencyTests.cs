using System.Text.Json;
using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

public sealed class ConcurrencyTests
{
    private const string Body = "{{name}}{{#each lines as |line at|}}{{#if line.show}}{{at}}:{{line.text}}/{{../name}};{{else}}-{{/if}}{{/each}}{{{name}}}";

    [Fact]
    [Trait("Requirement", "D34")]
    public async Task Many_renders_at_once_equal_the_same_renders_one_by_one()
    {
        using var folder = TemplateFolder.Of(Body, subject: "{{name}} {{lines.length}}", html: Body);
        var catalog = folder.Load();
        var variables = Enumerable.Range(0, 500).Select(VariablesOf).ToArray();
        var expected = variables.Select(json => catalog.Render("t", "en", json)).ToArray();
        var found = new TemplateOutcome[variables.Length * 8];

        await Parallel.ForAsync(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, (i, _) =>
        {
            found[i] = catalog.Render("t", "en", variables[i % variables.Length]);
            return ValueTask.CompletedTask;
        });

        for (var i = 0; i < found.Length; i++)
        {
            found[i].ShouldBe(expected[i % variables.Length]);
        }

        expected.Count(result => result is TemplateOutcome.Failed).ShouldBe(50);
    }

    private static JsonElement VariablesOf(int seed)
    {
        var lines = Enumerable.Range(0, seed % 17).Select(i => new { show = (seed + i) % 3 != 0, text = $"<{seed}-{i}>" });
        return seed % 10 == 9
            ? JsonSerializer.SerializeToElement(new { name = "no lines" })
            : JsonSerializer.SerializeToElement(new { name = $"\"{seed}\"", lines });
    }
}
