using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Integration.Tests.Settings;

public sealed class HoconSyntaxTests
{
    public static TheoryData<string, string> Written => new()
    {
        { "a = 1", "a=1" },
        { "a : 1", "a=1" },
        { "a=1,b=2", "a=1;b=2" },
        { "a = 1\nb = 2", "a=1;b=2" },
        { "a = 1\r\nb = 2\r\n", "a=1;b=2" },
        { "{ a : 1 }", "a=1" },
        { "{\"a\": {\"b\": \"x\", \"c\": [1, 2]}}", "a.b=x;a.c=[1|2]" },
        { "a.b.c = 1", "a.b.c=1" },
        { "a { b { c = 1 } }", "a.b.c=1" },
        { "a { b.c = 1\n d = 2 }\ne = 3", "a.b.c=1;a.d=2;e=3" },
        { "a = { b = 1 }", "a.b=1" },
        { "a { b = 1, }", "a.b=1" },
        { "a = 1 # note\nb = 2 // note", "a=1;b=2" },
        { "# only\n// comments\n", "" },
        { "", "" },
        { "\ufeffa = 1", "a=1" },
        { "a = my own words  ", "a=my own words" },
        { "a = \"  quoted, {with} = marks # \"", "a=  quoted, {with} = marks # " },
        { "a = \"\"", "a=" },
        { "a = \"tab\\t quote\\\" slash\\/ e\\u00e9\"", "a=tab\t quote\" slash/ eé" },
        { "a = \"\"\"raw \\n ${x} \"q\" \"\"\"\nb = 1", "a=raw \\n ${x} \"q\" ;b=1" },
        { "a = \"\"\"two\nlines\"\"\"\"", "a=two\nlines\"" },
        { "a = \"one\" two \"three\"", "a=one two three" },
        { "a = ${b.c}/x", "a=${b.c}/x" },
        { "a = ${?MAIL_X}", "a=${?MAIL_X}" },
        { "a = []", "a=[]" },
        { "a = [1m, 5m,30m]", "a=[1m|5m|30m]" },
        { "a = [\n  one # first\n  two\n]", "a=[one|two]" },
        { "a = [1,]", "a=[1]" },
        { "a = 1\na = 2", "a=1;a=2" },
        { "include = 1", "include=1" },
        { "a/b = 1".Replace('/', '_'), "a_b=1" },
    };

    [Theory]
    [MemberData(nameof(Written))]
    public void A_text_reads_as_its_keys_and_values(string text, string expected) =>
        string.Join(';', MemoryFiles.Parse(text).Entries.Select(entry => $"{entry.Key}={Show(entry.Value)}")).ShouldBe(expected);

    [Theory]
    [InlineData("a = [1\nb = 2", "my.conf:2: '=' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("\na", "my.conf:2: '=', ':' or '{' is missing after a. Write a = value.")]
    [InlineData("a = \nb = 1", "my.conf:1: a has no value. Write one on the same line, \"\" for an empty one.")]
    [InlineData("x {\n a = }", "my.conf:2: x.a has no value. Write one on the same line, \"\" for an empty one.")]
    [InlineData("addr = :8090", "my.conf:1: ':' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("from = a@example.com", "my.conf:1: '@' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("path = /a//b", "my.conf:1: a comment starts inside a value. Put the value in double quotes, or a blank before the comment.")]
    [InlineData("key = ab#c", "my.conf:1: a comment starts inside a value. Put the value in double quotes, or a blank before the comment.")]
    [InlineData("a = 1 b = 2", "my.conf:1: '=' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("a { b = 1 } c = 2", "my.conf:1: 'c' follows a value. Start a new line, or put a comma between.")]
    [InlineData("a = [1] [2]", "my.conf:1: '[' follows a value. Start a new line, or put a comma between.")]
    [InlineData("a = x]", "my.conf:1: ']' follows a value. Start a new line, or put a comma between.")]
    [InlineData("a = [1,,2]", "my.conf:1: ',' stands where an item of a list should. Write plain values, separated by commas.")]
    [InlineData("a = [[1]]", "my.conf:1: a list holds a list or a group. Write plain values, separated by commas.")]
    [InlineData("a = [{b = 1}]", "my.conf:1: a list holds a list or a group. Write plain values, separated by commas.")]
    [InlineData("a = [\n1\n", "my.conf:1: '[' is not closed. Add the closing ']'.")]
    [InlineData("a = 1,,b = 2", "my.conf:1: ',' stands where a key should. Write key = value.")]
    [InlineData("x {\n  a = 1\n", "my.conf:1: '{' is not closed. Add the closing '}'.")]
    [InlineData("a = 1\n}", "my.conf:2: '}' closes nothing. Remove it, or add the opening '{'.")]
    [InlineData("{ a = 1 }\nb = 2", "my.conf:2: text follows the closing '}' of the file. Remove it, or the braces around the file.")]
    [InlineData("a += 1", "my.conf:1: '+=' is not supported. Write the whole list with '='.")]
    [InlineData("a = null", "my.conf:1: null is not a value here. Remove the line to keep the default, or write \"\" for an empty value.")]
    [InlineData("a = \"x\nb = 1", "my.conf:1: a string is not closed on its line. Add the closing double quote.")]
    [InlineData("a = \"\"\"x\n\n", "my.conf:1: a string in three double quotes is not closed. Add the closing three double quotes.")]
    [InlineData("a = \"\\x\"", "my.conf:1: an escape in a string is not known. Use one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX.")]
    [InlineData("a = \"\\u12g4\"", "my.conf:1: \\u in a string needs four hexadecimal digits. Write it as \\u00e9, for instance.")]
    [InlineData("a = \"x\ty\"", "my.conf:1: the character U+0009 cannot stand in a string. Write it as an escape, such as \\t.")]
    [InlineData("a = x\0y", "my.conf:1: the character U+0000 cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("a = \"${b}\"", "my.conf:1: inside double quotes ${ is plain text. Close the quotes before it, or use three double quotes where it is meant as text.")]
    [InlineData("a = ${b", "my.conf:1: a substitution is not well formed. Write ${name} or ${?name}, where the name is a key or an environment variable.")]
    [InlineData("a = ${}", "my.conf:1: a substitution is not well formed. Write ${name} or ${?name}, where the name is a key or an environment variable.")]
    [InlineData("a = ${b c}", "my.conf:1: a substitution is not well formed. Write ${name} or ${?name}, where the name is a key or an environment variable.")]
    [InlineData("a = $b", "my.conf:1: '$' cannot stand in an unquoted value. Put the value in double quotes.")]
    [InlineData("a..b = 1", "my.conf:1: '.' stands where a key should. Write key = value.")]
    [InlineData(".a = 1", "my.conf:1: '.' stands where a key should. Write key = value.")]
    [InlineData("a b = 1", "my.conf:1: '=', ':' or '{' is missing after a. Write a = value.")]
    [InlineData("\"a b\" = 1", "my.conf:1: a key is not well formed. Use letters, digits, '-' and '_', with dots between the parts.")]
    [InlineData("😀 = 1", "my.conf:1: the character U+D83D stands where a key should. Write key = value.")]
    [InlineData("include file(\"x\")", "my.conf:1: this form of include is not supported. Write include \"file.conf\", relative to this file.")]
    [InlineData("include x.conf", "my.conf:1: this form of include is not supported. Write include \"file.conf\", relative to this file.")]
    public void What_is_not_read_is_refused_with_file_line_and_fix(string text, string expected) =>
        Should.Throw<HoconException>(() => MemoryFiles.Parse(text)).Message.ShouldBe(expected);

    [Fact]
    public void Every_entry_and_value_knows_its_line()
    {
        var document = MemoryFiles.Parse("a = 1\n\nb {\n  c = [\n 1,\n 2 ]\n  d = \"\"\"\n\n\"\"\"\n  e = 3\n}");

        document.Entries.Select(entry => (entry.Key, entry.At.Line)).ShouldBe([("a", 1), ("b.c", 4), ("b.d", 7), ("b.e", 10)]);
        document.Entries[1].Value.ShouldBeOfType<HoconList>().Items.Select(item => item.At.ToString()).ShouldBe(["my.conf:5", "my.conf:6"]);
        document.Groups.ShouldBe([new HoconGroup("b", new HoconLocation("my.conf", 3))]);
    }

    [Theory]
    [InlineData("# one\na = 1", "one")]
    [InlineData("# far\n\n# near\na = 1", "near")]
    [InlineData("# one\n# two\na = 1", "one\ntwo")]
    [InlineData("# one\n\na = 1", "")]
    [InlineData("b { # beside\na = 1 }", "")]
    [InlineData("b {\n  // inside\n  a = 1 }", "inside")]
    public void A_key_carries_the_comment_directly_above_it(string text, string expected) =>
        MemoryFiles.Parse(text).Entries[^1].Comment.ShouldBe(expected);

    [Fact]
    public void A_comment_beside_a_value_is_not_the_next_keys() =>
        MemoryFiles.Parse("a = 1 # of a\nb = 2").Entries[1].Comment.ShouldBe("");

    private static string Show(HoconValue value) => value switch
    {
        HoconList list => $"[{string.Join('|', list.Items.Select(Show))}]",
        HoconText text => string.Concat(text.Pieces.Select(piece => piece is HoconLiteral literal ? literal.Text : piece.ToString())),
        _ => throw new InvalidOperationException(value.ToString()),
    };
}
