namespace Mailroom.Providers.Templates;

/// <summary>
/// The templates' language, checked before the engine sees it: variables, <c>lookup</c>, comments, and the blocks
/// <c>if</c>, <c>unless</c>, <c>each</c> and <c>with</c> with <c>else</c> and <c>else if</c>. The engine alone would
/// take an unknown helper for a variable and report unclosed blocks without their line.
/// </summary>
internal sealed class TemplateSyntax
{
    private readonly Stack<Block> _open = new();
    private readonly List<(int Line, string Text)> _problems = [];
    private int _tags;

    private TemplateSyntax()
    {
    }

    /// <param name="template">A whole file.</param>
    /// <param name="tags">How many tags it has, comments not counted.</param>
    /// <returns>Every problem with its line; empty where the template is well formed.</returns>
    public static IReadOnlyList<(int Line, string Text)> Check(string template, out int tags)
    {
        var syntax = new TemplateSyntax();
        syntax.Read(template);
        tags = syntax._tags;
        return syntax._problems;
    }

    private void Read(string template)
    {
        var reader = new TagReader(template);
        string? problem;
        while (reader.TryRead(out var tag, out problem))
        {
            if (++_tags > TemplateLimits.Tags)
            {
                Report(tag, $"it has more than {TemplateLimits.Tags} tags: split the template");
                return;
            }

            if (!TryTake(tag))
            {
                return;
            }
        }

        if (problem is not null)
        {
            _problems.Add((reader.Line, problem));
            return;
        }

        foreach (var block in _open.Reverse())
        {
            _problems.Add((block.Line, $"'{{{{#{block.Name}}}}}' is not closed: end it with '{{{{/{block.Name}}}}}'"));
        }
    }

    /// <returns>False where what follows cannot be judged any more.</returns>
    private bool TryTake(TemplateTag tag)
    {
        if (TagWords.Split(tag.Content) is not { Count: > 0 } words)
        {
            Report(tag, "the tag is empty, or a quote, parenthesis or '|' in it is not closed");
            return false;
        }

        if (tag.Raw)
        {
            Print(tag, words);
            return true;
        }

        switch (words[0][0])
        {
            case '#':
                return TryOpen(tag, words);
            case '/':
                return TryClose(tag, words);
            case '>':
                Report(tag, "partials are not supported: write the text here");
                return true;
            case '^':
                Report(tag, "'^' is not supported: write '{{else}}' or '{{#unless …}}'");
                return false;
            case '&':
                Report(tag, "'&' is not supported: write '{{{…}}}' for unescaped output");
                return true;
            case '*':
                Report(tag, "decorators are not supported");
                return true;
        }

        if (words[0] == "else")
        {
            Else(tag, words);
        }
        else
        {
            Print(tag, words);
        }

        return true;
    }

    private bool TryOpen(TemplateTag tag, List<string> words)
    {
        var name = words[0][1..];
        if (name is not ("if" or "unless" or "each" or "with"))
        {
            Report(tag, $"'{words[0]}' is not supported: the blocks are #if, #unless, #each and #with, written without a blank");
            return false;
        }

        if (_open.Count == TemplateLimits.BlockDepth)
        {
            Report(tag, $"blocks are nested deeper than {TemplateLimits.BlockDepth}");
            return false;
        }

        if (words[^1][0] == '|')
        {
            TakeBlockParams(tag, name, words);
        }

        if (words.Count != 2)
        {
            Report(tag, $"'{words[0]}' takes one variable");
        }
        else
        {
            Argument(tag, words[1]);
        }

        _open.Push(new Block(name, tag.Line));
        return true;
    }

    /// <summary>Takes <c>as |item index|</c> off the end of the tag.</summary>
    private void TakeBlockParams(TemplateTag tag, string block, List<string> words)
    {
        var names = words[^1][1..^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        words.RemoveAt(words.Count - 1);
        var hasAs = words[^1] == "as";
        if (hasAs)
        {
            words.RemoveAt(words.Count - 1);
        }

        var most = block switch
        {
            "each" => 2,
            "with" => 1,
            _ => 0,
        };
        if (!hasAs || names.Length == 0 || names.Length > most || !names.All(IsFreeName))
        {
            Report(tag, "names are given as '{{#each … as |item index|}}' or '{{#with … as |item|}}'");
        }
    }

    private static bool IsFreeName(string name) =>
        TemplateName.IsIdentifier(name) && TemplatePath.Problem(name, scopes: 0, inLoop: false) is null;

    private bool TryClose(TemplateTag tag, List<string> words)
    {
        if (!_open.TryPeek(out var block))
        {
            Report(tag, $"'{{{{{tag.Content}}}}}' closes a block that was not opened");
            return false;
        }

        if (words.Count != 1 || words[0][1..] != block.Name)
        {
            Report(tag, $"'{{{{{tag.Content}}}}}' stands where '{{{{/{block.Name}}}}}' must close line {block.Line}");
            return false;
        }

        _open.Pop();
        return true;
    }

    private void Else(TemplateTag tag, List<string> words)
    {
        if (!_open.TryPeek(out var block))
        {
            Report(tag, "'{{else}}' stands outside a block");
        }
        else if (block.InElse)
        {
            Report(tag, $"'{{{{else}}}}' follows the last one of line {block.Line}");
        }
        else if (words.Count == 1)
        {
            block.InElse = true;
        }
        else if (words is [_, "if", var argument] && block.Name == "if")
        {
            Argument(tag, argument);
        }
        else
        {
            Report(tag, "it must be '{{else}}', or '{{else if variable}}' inside an #if");
        }
    }

    private void Print(TemplateTag tag, List<string> words)
    {
        if (words[0] == "lookup")
        {
            Lookup(tag, words);
        }
        else if (words.Count > 1)
        {
            Report(tag, $"'{words[0]}' is not a helper: a tag prints one variable or a 'lookup'");
        }
        else
        {
            Path(tag, words[0]);
        }
    }

    private void Argument(TemplateTag tag, string word)
    {
        if (word[0] != '(')
        {
            Path(tag, word);
        }
        else if (TagWords.Split(word[1..^1]) is { Count: > 0 } words && words[0] == "lookup")
        {
            Lookup(tag, words);
        }
        else
        {
            Report(tag, $"'{word}' is not a '(lookup …)'");
        }
    }

    private void Lookup(TemplateTag tag, List<string> words)
    {
        if (words.Count != 3)
        {
            Report(tag, "'lookup' takes a list or an object, and a key");
            return;
        }

        Path(tag, words[1]);
        var key = words[2];
        if (key[0] is not ('"' or '\'') && !TemplateName.IsIndex(key))
        {
            Path(tag, key);
        }
    }

    private void Path(TemplateTag tag, string path)
    {
        var scopes = _open.Count(block => block.IsScope);
        var inLoop = _open.Any(block => block is { Name: "each", InElse: false });
        if (TemplatePath.Problem(path, scopes, inLoop) is { } problem)
        {
            Report(tag, problem);
        }
    }

    private void Report(TemplateTag tag, string problem) => _problems.Add((tag.Line, problem));

    private sealed class Block(string name, int line)
    {
        public string Name { get; } = name;

        public int Line { get; } = line;

        public bool InElse { get; set; }

        public bool IsScope => Name is "each" or "with" && !InElse;
    }
}
