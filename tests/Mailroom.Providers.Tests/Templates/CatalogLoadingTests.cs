using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

public sealed class CatalogLoadingTests
{
    [Fact]
    public void A_missing_directory_is_named_with_the_setting_that_moves_it()
    {
        var directory = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));

        var refused = Should.Throw<TemplateCatalogException>(() => TemplateCatalog.Load(directory, requireLoginCode: true));

        refused.Message.ShouldContain(directory);
        refused.Message.ShouldContain("MAIL_TEMPLATE_DIR");
        refused.Message.ShouldContain("auth.login_code/en/subject.hbs");
        refused.Message.ShouldContain("auth.login_code/en/text.hbs");
    }

    [Fact]
    public void An_empty_directory_is_a_catalog_where_login_codes_are_not_asked_for()
    {
        using var folder = new TemplateFolder();

        folder.Load().Count.ShouldBe(0);
        folder.Problems(requireLoginCode: true).ShouldBe([
            "auth.login_code/en/subject.hbs: it is missing: login codes are sent with it",
            "auth.login_code/en/text.hbs: it is missing: login codes are sent with it",
        ]);
    }

    [Fact]
    public void Each_missing_file_is_reported_once()
    {
        using var folder = new TemplateFolder().With("auth.login_code/en/subject.hbs", "s");

        folder.Problems(requireLoginCode: true).ShouldHaveSingleItem().ShouldStartWith("auth.login_code/en/text.hbs: it is missing");
    }

    [Fact]
    public void Every_problem_of_every_file_is_listed_with_its_line()
    {
        using var folder = TemplateFolder.Of("ok\n{{#if a}}", subject: "{{> p}}")
            .With("other/en/subject.hbs", "s")
            .With("README.md", "");

        var refused = Should.Throw<TemplateCatalogException>(() => folder.Load());

        refused.Problems.Select(problem => (problem.File, problem.Line)).ShouldBe([
            ("README.md", null),
            ("other/en/text.hbs", null),
            ("t/en/subject.hbs", 1),
            ("t/en/text.hbs", 2),
        ]);
        foreach (var problem in refused.Problems)
        {
            refused.Message.ShouldContain(problem.ToString());
        }
    }

    [Theory]
    [InlineData("README.md", "README.md: it is not a template's directory")]
    [InlineData("Upper/en/text.hbs", "Upper: it is not a template id")]
    [InlineData("_partials/en/text.hbs", "_partials: it is not a template id")]
    [InlineData("sp ace/en/text.hbs", "sp ace: it is not a template id")]
    [InlineData("t/note.txt", "t/note.txt: it is not a locale's directory")]
    [InlineData("t/e/text.hbs", "t/e: it is not a locale")]
    [InlineData("t/en_US/text.hbs", "t/en_US: it is not a locale")]
    [InlineData("t/en/text.txt", "t/en/text.txt: it is not subject.hbs, text.hbs or html.hbs")]
    [InlineData("t/en/Text.hbs", "t/en/Text.hbs: it is not subject.hbs")]
    [InlineData("t/en/more/text.hbs", "t/en/more: it is not subject.hbs")]
    [InlineData("t/EN/text.hbs", "it is there in another letter case")]
    public void What_does_not_belong_there_is_named(string file, string problem)
    {
        using var folder = TemplateFolder.Of("x").With(file, "");

        folder.Problems().ShouldContain(text => text.Contains(problem.Replace("it is there", "the same locale is there")));
    }

    [Theory]
    [InlineData(".DS_Store")]
    [InlineData(".git/config")]
    [InlineData("t/en/.text.hbs.swp")]
    public void Hidden_files_are_passed_over(string file)
    {
        using var folder = TemplateFolder.Of("x").With(file, "");

        folder.Load().Count.ShouldBe(1);
    }

    [Fact]
    public void A_template_without_the_last_fallback_is_refused()
    {
        using var folder = new TemplateFolder().With("t/fr/subject.hbs", "s").With("t/fr/text.hbs", "t");

        folder.Problems().ShouldHaveSingleItem().ShouldStartWith("t/en: it is missing");
    }

    [Fact]
    public void A_file_that_is_not_UTF8_is_named_with_its_line()
    {
        using var folder = TemplateFolder.Of("x").WithBytes("t/en/text.hbs", [.. "a\nb\n"u8, 0xff, (byte)'c']);

        folder.Problems().ShouldHaveSingleItem().ShouldStartWith("t/en/text.hbs:3: it is not UTF-8");
    }

    [Fact]
    public void A_byte_order_mark_is_taken_off_and_a_NUL_refused()
    {
        using var marked = TemplateFolder.Of("x").WithBytes("t/en/text.hbs", [0xef, 0xbb, 0xbf, (byte)'y']);
        marked.Load().Try("{}").Content().Text.ShouldBe("y");

        using var binary = TemplateFolder.Of("a\nb\0");
        binary.Problems().ShouldHaveSingleItem().ShouldBe("t/en/text.hbs:2: it holds a NUL character");
    }

    [Fact]
    public void A_file_may_be_as_large_as_the_limit_and_no_larger()
    {
        using var fits = TemplateFolder.Of(new string('x', TemplateLimits.FileBytes));
        fits.Load().Count.ShouldBe(1);

        using var larger = TemplateFolder.Of(new string('x', TemplateLimits.FileBytes + 1));
        larger.Problems().ShouldHaveSingleItem().ShouldStartWith("t/en/text.hbs: it is larger than 262144 bytes");
    }

    [Fact]
    public void Too_many_locales_are_refused()
    {
        using var folder = TemplateFolder.Of("x");
        for (var i = 0; i < TemplateLimits.Locales; i++)
        {
            folder.With($"t/en-x{i}/subject.hbs", "s").With($"t/en-x{i}/text.hbs", "t");
        }

        folder.Problems().ShouldHaveSingleItem().ShouldContain("more than 200 locales");
    }

    [Fact]
    public void The_list_of_problems_ends()
    {
        using var folder = new TemplateFolder();
        for (var i = 0; i < TemplateLimits.Problems + 50; i++)
        {
            folder.With($"file{i}", "");
        }

        folder.Problems().Count.ShouldBe(TemplateLimits.Problems + 1);
    }

    [Theory]
    [InlineData("t/en/html.hbs", "/etc/hostname")]
    [InlineData("t/de", "/etc")]
    [InlineData("u", "/etc")]
    [InlineData("t/en/html.hbs", "../../../outside")]
    public void A_link_out_of_the_directory_is_refused(string link, string target)
    {
        using var folder = TemplateFolder.Of("x").WithLink(link, target);

        folder.Problems().ShouldContain($"{link}: it is a symbolic link out of the template directory: copy the file in");
    }

    [Fact]
    public void A_link_that_leaves_through_another_link_is_refused()
    {
        using var outside = new TemplateFolder().With("secret", "x");
        using var folder = TemplateFolder.Of("x").WithLink(".out", outside.Path).WithLink("t/en/html.hbs", "../../.out/secret");

        folder.Problems().ShouldHaveSingleItem().ShouldStartWith("t/en/html.hbs: it is a symbolic link out of");
    }

    [Fact]
    public void Links_in_a_circle_are_refused()
    {
        using var folder = TemplateFolder.Of("x").WithLink("t/de", "fr").WithLink("t/fr", "de");

        folder.Problems().ShouldContain("t/de: its symbolic links form a circle");
    }

    [Fact]
    public void A_mounted_config_map_whose_entries_are_links_is_read()
    {
        using var folder = new TemplateFolder()
            .With("..2026_01_01/t/en/subject.hbs", "s")
            .With("..2026_01_01/t/en/text.hbs", "mounted")
            .WithLink("..data", "..2026_01_01")
            .WithLink("t", "..data/t");

        folder.Load().Try("{}").Content().Text.ShouldBe("mounted");
    }

    [Fact]
    public void Editing_a_file_has_no_effect_until_the_next_load()
    {
        using var folder = TemplateFolder.Of("before");
        var catalog = folder.Load();

        folder.With("t/en/text.hbs", "after");

        catalog.Try("{}").Content().Text.ShouldBe("before");
        folder.Load().Try("{}").Content().Text.ShouldBe("after");
    }
}
