using System.Xml.Linq;

namespace Mailroom.Integration.Tests.Architecture;

/// <summary>The arrows between projects point down only (docs/architecture.md).</summary>
public sealed class ArrowTests
{
    [Theory]
    [InlineData("Mailroom.Actors", "")]
    [InlineData("Mailroom.Mail", "")]
    [InlineData("Mailroom.Data", "Mailroom.Actors")]
    [InlineData("Mailroom.Providers", "Mailroom.Actors Mailroom.Mail")]
    [InlineData("Mailroom.Api", "Mailroom.Actors Mailroom.Mail")]
    [InlineData("Mailroom.Host", "Mailroom.Api Mailroom.Data Mailroom.Providers")]
    public void A_project_refers_only_to_those_below_it(string project, string below) =>
        References(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)).Order()
            .ShouldBe(below.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    [Theory]
    [InlineData("Mailroom.Actors")]
    [InlineData("Mailroom.Mail")]
    public void The_core_and_the_mail_library_need_no_package(string project) =>
        References(project, "PackageReference").Concat(References(project, "FrameworkReference")).ShouldBeEmpty();

    [Fact]
    public void Every_source_project_is_held_by_a_line_above() =>
        Directory.EnumerateDirectories(Path.Combine(Root(), "src")).Select(Path.GetFileName).Order()
            .ShouldBe(["Mailroom.Actors", "Mailroom.Api", "Mailroom.Data", "Mailroom.Host", "Mailroom.Mail", "Mailroom.Providers"]);

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Load(Path.Combine(Root(), "src", project, project + ".csproj")).Descendants(kind)
            .Select(reference => (string)reference.Attribute("Include")!);

    private static string Root()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "Mailroom.sln")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException("The tests run from inside the checkout: there is no Mailroom.sln above " + AppContext.BaseDirectory);
    }
}
