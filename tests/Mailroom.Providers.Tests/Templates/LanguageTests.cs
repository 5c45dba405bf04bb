namespace Mailroom.Providers.Tests.Templates;

public sealed class LanguageTests
{
    private const string Variables = """
        {
          "name": "Ada", "empty": "", "nothing": null, "yes": true, "no": false, "zero": 0, "five": 5,
          "price": 12.50, "free": 0.00, "huge": 1e400, "big": 12345678901234567890123, "minus": -7,
          "list": ["a", "b", "c"], "none": [], "object": {"x": "1", "y": "2"}, "hollow": {},
          "key": "x", "deep": {"list": [{"name": "n0"}, {"name": "n1"}]},
          "people": [{"name": "Bo", "pets": ["cat", "dog"]}, {"name": "Cy", "pets": []}],
          "mixed": [null, "text", {"name": "obj"}, 3],
          "value": "V", "index": "I", "first": "F", "last": "L", "root": "R", "parent": "P", "if": "IF"
        }
        """;

    [Theory]
    [InlineData("{{name}}", "Ada")]
    [InlineData("{{ name }}", "Ada")]
    [InlineData("a {{~name~}} b", "aAdab")]
    [InlineData("{{! note }}x{{!-- {{name}} --}}", "x")]
    [InlineData("{{empty}}|{{nothing}}", "|")]
    [InlineData("{{yes}} {{no}}", "true false")]
    [InlineData("{{five}} {{minus}} {{price}} {{free}}", "5 -7 12.50 0.00")]
    [InlineData("{{huge}} {{big}}", "1e400 12345678901234567890123")]
    [InlineData("{{object.x}}{{object.[y]}}", "12")]
    [InlineData("{{list.0}}{{list.[1]}}{{list.length}}", "ab3")]
    [InlineData("{{deep.list.[1].name}}", "n1")]
    [InlineData("{{this.name}}{{@root.name}}", "AdaAda")]
    [InlineData("{{this.if}}", "IF")]
    [InlineData("{{value}}{{key}}{{index}}{{first}}{{last}}{{root}}{{parent}}", "VxIFLRP")]
    [InlineData("{{lookup object key}}{{lookup object 'y'}}{{lookup list 2}}", "12c")]
    [InlineData("{{#if (lookup list 0)}}y{{/if}}", "y")]
    [InlineData("{{#if yes}}y{{else}}n{{/if}}", "y")]
    [InlineData("{{#if no}}y{{ else }}n{{/if}}", "n")]
    [InlineData("{{#if no}}1{{else if yes}}2{{else}}3{{/if}}", "2")]
    [InlineData("{{#if zero}}y{{else}}n{{/if}}{{#if free}}y{{else}}n{{/if}}", "nn")]
    [InlineData("{{#if empty}}y{{else}}n{{/if}}{{#if nothing}}y{{else}}n{{/if}}", "nn")]
    [InlineData("{{#if list}}y{{/if}}{{#if none}}y{{else}}n{{/if}}{{#if hollow}}y{{/if}}", "yny")]
    [InlineData("{{#unless no}}y{{else}}n{{/unless}}", "y")]
    [InlineData("{{#each list}}{{@index}}{{this}}{{#unless @last}},{{/unless}}{{/each}}", "0a,1b,2c")]
    [InlineData("{{#each list}}{{#if @first}}[{{/if}}{{.}}{{/each}}", "[abc")]
    [InlineData("{{#each none}}y{{else}}n {{name}}{{/each}}", "n Ada")]
    [InlineData("{{#each nothing}}y{{else}}n{{/each}}", "n")]
    [InlineData("{{#each object}}{{@key}}={{this}};{{/each}}", "x=1;y=2;")]
    [InlineData("{{#each list as |item at|}}{{at}}{{item}}{{/each}}", "0a1b2c")]
    [InlineData("{{#each people as |p|}}{{p.name}}{{#each p.pets as |pet|}}-{{p.name}}{{pet}}{{/each}};{{/each}}", "Bo-Bocat-Bodog;Cy;")]
    [InlineData("{{#each list as |name|}}{{name}}{{@root.name}}{{/each}}{{name}}", "aAdabAdacAdaAda")]
    [InlineData("{{#each people}}{{name}}:{{#each pets}}{{../name}}{{this}}{{../../name}} {{else}}none{{../name}}{{/each}};{{/each}}", "Bo:BocatAda BodogAda ;Cy:noneAda;")]
    [InlineData("{{#each list}}{{../value}}{{../key}}{{../index}}{{/each}}", "VxIVxIVxI")]
    [InlineData("{{#with object}}{{x}}{{../name}}{{/with}}", "1Ada")]
    [InlineData("{{#with nothing}}y{{else}}n{{name}}{{/with}}", "nAda")]
    [InlineData("{{#with object as |o|}}{{o.x}}{{/with}}", "1")]
    [InlineData("@media{a{b:c}} }} {", "@media{a{b:c}} }} {")]
    [InlineData("{{#if yes}}\n  in\n{{/if}}\nout", "  in\nout")]
    public void A_template_prints_what_its_language_says(string template, string expected) =>
        Render.Text(template, Variables).Content().Text.ShouldBe(expected);

    [Theory]
    [InlineData("{{#each mixed}}{{#if @first}}{{else}}{{/if}}{{/each}}", "")]
    [InlineData("{{#each mixed}}[{{#if this}}y{{else}}n{{/if}}]{{/each}}", "[n][y][y][y]")]
    public void A_list_may_mix_kinds_of_values(string template, string expected) =>
        Render.Text(template, Variables).Content().Text.ShouldBe(expected);

    [Theory]
    [InlineData("{{#each mixed}}{{name}}{{/each}}")]
    [InlineData("{{list}}")]
    [InlineData("{{this}}")]
    [InlineData("{{@root}}")]
    [InlineData("{{#each list}}{{..}}{{/each}}")]
    [InlineData("{{object}}")]
    [InlineData("{{{object}}}")]
    [InlineData("{{#each name}}{{/each}}")]
    [InlineData("{{#each five}}{{/each}}")]
    [InlineData("{{lookup name 'x'}}")]
    public void A_value_of_the_wrong_kind_fails_and_prints_nothing(string template) =>
        Render.Text(template, Variables).Failure().Message.ShouldStartWith("t/en/text.hbs: ");

    [Fact]
    public void Loops_may_be_nested_as_deep_as_blocks_may()
    {
        var opening = string.Concat(Enumerable.Range(0, 16).Select(i => $"{{{{#each @root.one as |v{i} k{i}|}}}}{{{{v{i}}}}}{{{{k{i}}}}}"));
        var closing = string.Concat(Enumerable.Repeat("{{/each}}", 16));

        Render.Text($"{opening}{{{{v0}}}}{{{{v15}}}}{closing}", """{"one": ["x"]}""").Content().Text
            .ShouldBe(string.Concat(Enumerable.Repeat("x0", 16)) + "xx");
    }
}
