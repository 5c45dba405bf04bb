namespace Mailroom.Providers.Templates;

/// <summary>
/// The bounds of a catalog and of one rendering. Templates and variables are both taken for hostile:
/// together these make the cost of a rendering finite whatever either of them says.
/// </summary>
public static class TemplateLimits
{
    /// <summary>Templates in one catalog.</summary>
    public const int Templates = 2_000;

    /// <summary>Locales of one template.</summary>
    public const int Locales = 200;

    /// <summary>Entries read from any one directory.</summary>
    public const int DirectoryEntries = 5_000;

    /// <summary>Bytes of one template file.</summary>
    public const int FileBytes = 256 * 1024;

    /// <summary>Bytes of all template files together.</summary>
    public const long CatalogBytes = 64L * 1024 * 1024;

    /// <summary>Tags (<c>{{…}}</c>) in one file.</summary>
    public const int Tags = 2_000;

    /// <summary>Characters inside one tag.</summary>
    public const int TagLength = 512;

    /// <summary>Blocks inside each other in one file.</summary>
    public const int BlockDepth = 16;

    /// <summary>Problems listed before the loader stops looking for more.</summary>
    public const int Problems = 200;

    /// <summary>UTF-16 characters of a rendered text, and of a rendered HTML body (1 Mi).</summary>
    public const int BodyLength = 1024 * 1024;

    /// <summary>UTF-16 characters of a rendered subject; RFC 5322 section 2.1.1 allows 998 to a line.</summary>
    public const int SubjectLength = 998;

    /// <summary>Values (objects, lists, scalars) in the variables of one rendering.</summary>
    public const int VariableValues = 50_000;

    /// <summary>Objects and lists inside each other in the variables.</summary>
    public const int VariableDepth = 32;

    /// <summary>
    /// Work of one part's loops: each turn of a loop costs as many steps as the file has tags,
    /// since a turn can run each of them at most once.
    /// </summary>
    public const int LoopSteps = 1_000_000;
}
