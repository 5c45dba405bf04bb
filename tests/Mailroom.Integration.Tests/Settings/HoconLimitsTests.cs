using FsCheck;
using FsCheck.Fluent;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Integration.Tests.Settings;

public sealed class HoconLimitsTests
{
    [Fact]
    public void An_include_adds_the_keys_of_the_file_beside_it_where_it_stands()
    {
        var files = new MemoryFiles()
            .With("/etc/my.conf", "a = 1\nb {\n  include \"parts/more.conf\"\n}\nc = 3")
            .With("/etc/parts/more.conf", "x = 2\ninclude \"last.conf\"")
            .With("/etc/parts/last.conf", "y = 4");

        var document = HoconReader.Read(files, "/etc/my.conf");

        document.Entries.Select(entry => $"{entry.At} {entry.Key}").ShouldBe(
            ["/etc/my.conf:1 a", "/etc/parts/more.conf:1 b.x", "/etc/parts/last.conf:1 b.y", "/etc/my.conf:5 c"]);
    }

    [Theory]
    [InlineData("a = 1\ninclude \"none.conf\"", "my.conf:2: there is no file none.conf. Correct the name, or create the file.")]
    [InlineData("include \"/etc/x.conf\"", "my.conf:1: include needs a relative file name. Name a file beside or below this one.")]
    [InlineData("include \"\"", "my.conf:1: include needs a relative file name. Name a file beside or below this one.")]
    [InlineData("include \"my.conf\"", "my.conf:1: my.conf includes itself. Remove the include.")]
    [InlineData("include \"./my.conf\"", "my.conf:1: ./my.conf includes itself. Remove the include.")]
    [InlineData("include \"loop.conf\"", "loop.conf:2: my.conf includes itself. Remove the include.")]
    [InlineData("include \"bad.conf\"", "bad.conf:3: '@' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("include \"latin.conf\"", "latin.conf:2: the file is not UTF-8 text. Save it as UTF-8.")]
    [InlineData("include \"large.conf\"", "large.conf:1: the file is larger than 1048576 bytes. Shorten it.")]
    public void A_wrong_include_is_refused(string text, string expected)
    {
        var files = new MemoryFiles()
            .With("my.conf", text)
            .With("loop.conf", "\ninclude \"my.conf\"")
            .With("bad.conf", "a = 1\n\nb = @")
            .With("latin.conf", [(byte)'a', (byte)'=', (byte)'1', (byte)'\n', 0xe9])
            .With("large.conf", new string(' ', HoconLimits.FileBytes + 1));

        Should.Throw<HoconException>(() => HoconReader.Read(files, "my.conf")).Message.ShouldBe(expected);
    }

    [Fact]
    public void Includes_end_at_their_depth_and_number()
    {
        var deep = new MemoryFiles();
        var wide = new MemoryFiles().With("leaf.conf", "a = 1");
        for (var i = 0; i <= HoconLimits.IncludeDepth; i++)
        {
            deep.With($"{i}.conf", $"include \"{i + 1}.conf\"");
        }

        wide.With("0.conf", string.Concat(Enumerable.Repeat("include \"leaf.conf\"\n", HoconLimits.Files)));

        Should.Throw<HoconException>(() => HoconReader.Read(deep, "0.conf")).Message.ShouldBe(
            "7.conf:1: files include files more than 8 deep. Include fewer levels.");
        Should.Throw<HoconException>(() => HoconReader.Read(wide, "0.conf")).Message.ShouldBe(
            "0.conf:64: more than 64 files are included. Include fewer files.");
    }

    public static TheoryData<string, string> Oversized => new()
    {
        { string.Concat(Enumerable.Repeat("a {", 100_000)), "my.conf:1: groups are nested more than 32 deep. Write dotted keys instead." },
        { string.Concat(Enumerable.Repeat("a.", 100_000)) + "a = 1", "my.conf:1: a key is longer than 256 characters. Shorten it." },
        { new string('k', 500_000) + " = 1", "my.conf:1: a key is longer than 256 characters. Shorten it." },
        { string.Concat(Enumerable.Repeat("a=1\n", 100_000)), "my.conf:10001: there are more than 10000 keys. Split or shorten the file." },
        { "a = [" + string.Concat(Enumerable.Repeat("1,", 100_000)) + "]", "my.conf:1: a list has more than 10000 items. Shorten it." },
    };

    [Theory]
    [MemberData(nameof(Oversized))]
    public void A_text_beyond_the_limits_is_refused(string text, string expected) =>
        Should.Throw<HoconException>(() => MemoryFiles.Parse(text)).Message.ShouldBe(expected);

    [Fact]
    public void Any_text_is_read_or_refused_with_a_line_of_it()
    {
        // Words of the language in any order reach more of the reader than any characters would.
        string[] words = ["a", "b.c", "=", ":", "{", "}", "[", "]", ",", "\n", "\"", "\"\"\"", "${", "${?", "}", "#", "//", "\\", "include ", " ", "+=", "null", "\0", "é", "\ud83d"];
        var texts = Gen.Elements(words).ArrayOf().Select(string.Concat);

        Prop.ForAll(texts.ToArbitrary(), IsReadOrRefused).QuickCheckThrowOnFailure();
    }

    private static bool IsReadOrRefused(string text)
    {
        try
        {
            return MemoryFiles.Parse(text).Entries.All(entry => entry.Key.Length > 0 && entry.At.Line <= Lines(text));
        }
        catch (HoconException refused)
        {
            return refused.At.Line >= 1 && refused.At.Line <= Lines(text) && !refused.Message.Contains('\n', StringComparison.Ordinal);
        }
    }

    private static int Lines(string text) => text.Count(c => c == '\n') + 1;
}
