namespace Mailroom.Providers.Templates;

/// <summary>Checks a path such as <c>order.lines.[0].price</c>, <c>../name</c>, <c>@root.name</c>, <c>this</c>.</summary>
internal static class TemplatePath
{
    private static readonly string[] HelperNames =
        ["if", "unless", "each", "with", "lookup", "log", "else", "as", "helperMissing", "blockHelperMissing"];

    private static readonly string[] Literals = ["true", "false", "null", "undefined"];

    /// <param name="path">One word of a tag.</param>
    /// <param name="scopes">The <c>each</c> and <c>with</c> blocks around it: how often <c>../</c> may stand before it.</param>
    /// <param name="inLoop">Whether an <c>each</c> is around it, as <c>@index</c> and its like need.</param>
    /// <returns>The cause and the fix, or nothing.</returns>
    public static string? Problem(ReadOnlySpan<char> path, int scopes, bool inLoop)
    {
        if (path is "@index" or "@key" or "@first" or "@last")
        {
            return inLoop ? null : $"'{path}' stands outside an {{{{#each}}}}";
        }

        if (path is "@root")
        {
            return null;
        }

        if (path.StartsWith("@"))
        {
            return path.StartsWith("@root.")
                ? Members(path["@root.".Length..], path)
                : $"'{path}' is not supported: there are @root, @index, @key, @first and @last";
        }

        return Scoped(path, scopes);
    }

    private static string? Scoped(ReadOnlySpan<char> path, int scopes)
    {
        var rest = path;
        var ups = 0;
        while (rest.StartsWith("../"))
        {
            ups++;
            rest = rest[3..];
        }

        if (rest is "..")
        {
            ups++;
            rest = [];
        }

        if (ups > scopes)
        {
            return $"'{path}' climbs out of the variables: it stands inside {scopes} {{{{#each}}}} and {{{{#with}}}}";
        }

        if ((rest.IsEmpty && ups > 0) || rest is "this" or ".")
        {
            return null;
        }

        if (rest.StartsWith("this."))
        {
            return Members(rest["this.".Length..], path);
        }

        if (IsAnyOf(rest, HelperNames))
        {
            return $"'{path}' is a helper's name: write 'this.{path}' for a variable of that name";
        }

        return IsAnyOf(rest, Literals) ? $"'{path}' is not a variable" : Members(rest, path);
    }

    private static string? Members(ReadOnlySpan<char> members, ReadOnlySpan<char> path)
    {
        var first = true;
        foreach (var range in members.Split('.'))
        {
            if (!IsMember(members[range], first))
            {
                return $"'{path}' is not a variable: names are letters, digits, '_' and '-' (64 at most), joined by '.'";
            }

            first = false;
        }

        return null;
    }

    private static bool IsMember(ReadOnlySpan<char> member, bool first)
    {
        if (member is ['[', .. var inner, ']'])
        {
            return TemplateName.IsIndex(inner) || TemplateName.IsIdentifier(inner);
        }

        return TemplateName.IsIdentifier(member) ? member is not "this" : !first && TemplateName.IsIndex(member);
    }

    // The engine compares helper names without regard to case.
    private static bool IsAnyOf(ReadOnlySpan<char> word, string[] names)
    {
        foreach (var name in names)
        {
            if (word.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
