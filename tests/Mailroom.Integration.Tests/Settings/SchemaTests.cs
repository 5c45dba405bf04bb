using System.Text.RegularExpressions;
using Mailroom.Host.Settings;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>Holds <c>hocon/*.conf</c> and the code together.</summary>
public sealed class SchemaTests
{
    private static readonly Dictionary<string, string> Nothing = [];

    [Fact]
    public void The_binder_reads_every_key_of_mailroom_conf_and_no_other()
    {
        var schema = SettingsSchema.Load();
        var tree = new SettingsTree(new SettingsResolver(schema, Nothing));

        MailroomSettings.Bind(tree);

        tree.ReadKeys.ShouldBe(schema.Keys, ignoreOrder: true);
        Should.Throw<InvalidOperationException>(() => tree.Bool("mailroom.smtp.other")).Message.ShouldBe("mailroom.conf has no setting mailroom.smtp.other.");
    }

    [Fact]
    public void Each_setting_has_a_one_line_comment_and_a_variable_of_its_own()
    {
        var settings = SettingsSchema.Load().Settings;

        settings.ShouldNotBeEmpty();
        settings.Select(setting => setting.Variable).ShouldBeUnique();
        foreach (var setting in settings)
        {
            setting.Comment.ShouldMatch("^[^\n]{10,}\\.$", setting.Key);
            setting.Variable.ShouldMatch("^(MAIL_|MAILROOM_|OTEL_|ENCRYPTION_KEY$)[A-Z0-9_]*$", setting.Key);
        }
    }

    [Fact]
    public void A_comment_names_the_bounds_and_choices_that_the_binder_holds()
    {
        var stated = 0;
        foreach (var setting in SettingsSchema.Load().Settings)
        {
            var refused = Start.With(new Dictionary<string, string> { [setting.Variable] = "?" }).Errors
                .SingleOrDefault(error => error.Subject.StartsWith($"{setting.Key} ", StringComparison.Ordinal));
            foreach (var words in Stated(refused?.Fix ?? "", setting.Variable))
            {
                setting.Comment.ShouldContain(words, Case.Sensitive, setting.Key);
                stated++;
            }
        }

        stated.ShouldBeGreaterThan(30);
    }

    private static IEnumerable<string> Stated(string fix, string variable)
    {
        if (Regex.Match(fix, @"from (\S+ to [^\s,]+)") is { Success: true } range)
        {
            return [range.Groups[1].Value];
        }

        return Regex.Match(fix, $"Set {variable} to ((\\S+)( or (\\S+))+)$") is { Success: true } choices ? choices.Groups[1].Value.Split(" or ") : [];
    }

    [Theory]
    [InlineData("dev.conf")]
    [InlineData("production.conf")]
    public void A_profile_sets_only_known_settings_and_not_the_profile(string name)
    {
        var document = HoconReader.Read(new EmbeddedFiles(), name);

        UnknownNames.Keys(SettingsSchema.Load(), document).ShouldBeEmpty();
        document.Entries.Select(entry => entry.Key).ShouldNotContain("mailroom.profile");
        document.Entries.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("mailroom.conf")]
    [InlineData("dev.conf")]
    [InlineData("production.conf")]
    public void The_files_beside_the_program_are_the_ones_in_it(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "hocon", name)).ShouldBe(new EmbeddedFiles().Read(name));

    [Theory]
    [InlineData("a = 1")]
    [InlineData("a = ${?A}")]
    [InlineData("a = 1\na = ${A}")]
    [InlineData("a = ${?A}\na = 1")]
    [InlineData("a = 1\na = ${?A}\na = ${?B}")]
    [InlineData("a = 1\nb = 1\na = ${?A}\nb = ${?B}")]
    public void A_setting_that_is_not_written_as_default_and_variable_is_no_schema(string text) =>
        Should.Throw<InvalidOperationException>(() => SettingsSchema.Of(MemoryFiles.Parse(text))).Message
            .ShouldBe("my.conf:1: a needs two lines, its default and then a = ${?VARIABLE}.");
}
