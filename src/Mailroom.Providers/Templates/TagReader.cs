namespace Mailroom.Providers.Templates;

/// <summary>
/// Cuts a template into tags. It takes only what this reader and the engine cannot read differently:
/// no brace inside a tag, no backslash before one, comments closed the way they were opened.
/// </summary>
internal ref struct TagReader(ReadOnlySpan<char> template)
{
    private const string RawBlock = "{{{{";

    private readonly ReadOnlySpan<char> _template = template;
    private int _at;
    private int _lineCountedTo;
    private int _line = 1;

    /// <summary>The line of the last tag read or refused, from 1.</summary>
    public readonly int Line => _line;

    /// <summary>Moves to the next tag that is not a comment.</summary>
    /// <returns>False at the end of the template, or at the problem that ends the reading.</returns>
    public bool TryRead(out TemplateTag tag, out string? problem)
    {
        tag = default;
        while (TryFindOpening(out problem))
        {
            var rest = _template[_at..];
            if (IsComment(rest))
            {
                if (!TrySkipComment(rest, out problem))
                {
                    return false;
                }

                continue;
            }

            return TryReadTag(rest, out tag, out problem);
        }

        return false;
    }

    private bool TryFindOpening(out string? problem)
    {
        problem = null;
        var opening = _template[_at..].IndexOf("{{");
        if (opening < 0)
        {
            return false;
        }

        _at += opening;
        _line += _template[_lineCountedTo.._at].Count('\n');
        _lineCountedTo = _at;
        if (_at > 0 && _template[_at - 1] == '\\')
        {
            problem = "a backslash before '{{' is not supported: give the braces as a variable";
        }
        else if (_template[_at..].StartsWith(RawBlock))
        {
            problem = "raw blocks '{{{{' are not supported: give the braces as a variable";
        }

        return problem is null;
    }

    private static bool IsComment(ReadOnlySpan<char> rest) => rest.StartsWith("{{!") || rest.StartsWith("{{~!");

    private bool TrySkipComment(ReadOnlySpan<char> rest, out string? problem)
    {
        var isLong = rest.StartsWith("{{!--") || rest.StartsWith("{{~!--");
        var text = rest[2..];
        var end = isLong ? text.IndexOf("--}}") : text.IndexOf("}}");
        if (end < 0)
        {
            problem = isLong ? "the comment '{{!--' is not closed: end it with '--}}'" : "the comment '{{!' is not closed: end it with '}}'";
            return false;
        }

        if (!isLong && text[..end].Contains('{'))
        {
            problem = "a comment that holds braces must be written '{{!-- … --}}'";
            return false;
        }

        var closing = isLong ? 4 : 2;
        if (text[(end + closing)..].StartsWith("}"))
        {
            problem = "a brace follows the comment: put a blank between them";
            return false;
        }

        problem = null;
        _at += 2 + end + closing;
        return true;
    }

    private bool TryReadTag(ReadOnlySpan<char> rest, out TemplateTag tag, out string? problem)
    {
        tag = default;
        var braces = rest.StartsWith("{{{") ? 3 : 2;
        var inside = rest[braces..];
        var end = inside.IndexOfAny('{', '}');
        var closing = braces == 3 ? "}}}" : "}}";
        if (end < 0 || !inside[end..].StartsWith(closing) || inside[end..].StartsWith(closing + "}"))
        {
            problem = $"the tag '{rest[..braces]}' is not closed: end it with '{closing}', and keep other braces out of it";
            return false;
        }

        if (end > TemplateLimits.TagLength)
        {
            problem = $"a tag is longer than {TemplateLimits.TagLength} characters: shorten it";
            return false;
        }

        problem = null;
        var content = inside[..end];
        tag = new TemplateTag((braces == 3 ? content : WithoutMarks(content)).Trim().ToString(), braces == 3, _line);
        _at += braces + end + closing.Length;
        return true;
    }

    private static ReadOnlySpan<char> WithoutMarks(ReadOnlySpan<char> content)
    {
        content = content.StartsWith("~") ? content[1..] : content;
        return content.EndsWith("~") ? content[..^1] : content;
    }
}
