using Mailroom.Actors.Deliveries;
using Mailroom.Providers.Templates;

namespace Mailroom.Providers.Tests.Templates;

/// <summary>The templates that come with Mailroom.</summary>
public sealed class ShippedTemplatesTests
{
    private static readonly TemplateCatalog Catalog =
        TemplateCatalog.Load(Path.Combine(AppContext.BaseDirectory, "templates"), requireLoginCode: true);

    [Fact]
    public void The_login_code_needs_the_code_and_nothing_else()
    {
        var content = Catalog.Render("auth.login_code", "de-AT", Render.Json("""{"code": "042137"}""")).Content();

        content.Subject.ShouldBe("Your login code: 042137");
        content.Text.ShouldContain("\n    042137\n");
        content.Html.ShouldNotBeNull().ShouldContain("<strong>042137</strong>");
        (content.Locale, content.LocaleFallbackUsed).ShouldBe(("en", true));
    }

    [Theory]
    [InlineData("en", "Welcome to A & B, Ada", "Hello Ada,", "To get started")]
    [InlineData("fr", "Bienvenue sur A & B, Ada", "Bonjour Ada,", "Pour bien commencer")]
    public void The_welcome_mail_reads_well_with_and_without_tips(string locale, string subject, string greeting, string heading)
    {
        var content = Welcome(locale, """["One", "Two"]""");

        content.Subject.ShouldBe(subject);
        content.Text.ShouldStartWith(greeting);
        content.Text.ShouldContain("\n- One\n- Two\n\n");
        content.Text.ShouldContain(heading);
        var html = content.Html.ShouldNotBeNull();
        html.ShouldContain($"""<html lang="{locale}" dir="ltr">""");
        html.ShouldContain("A &amp; B</title>");
        html.ShouldContain("""<a href="https://example.com/?a&#61;1&amp;b&#61;2" """);
        html.ShouldContain("<li>Two</li>");

        var plain = Welcome(locale, "[]");
        plain.Text.ShouldNotContain(heading);
        plain.Text.ShouldNotContain("\n\n\n");
        plain.Html.ShouldNotBeNull().ShouldNotContain("<ul");
    }

    private static RenderedContent Welcome(string locale, string tips) =>
        Catalog.Render("welcome", locale, Render.Json($$"""
            {"name": "Ada", "product": "A & B", "start_url": "https://example.com/?a=1&b=2", "tips": {{tips}}}
            """)).Content();
}
