namespace Mailroom.Providers.Templates;

/// <summary>What stands between one pair of braces, without them, whitespace marks (<c>~</c>) or outer blanks.</summary>
/// <param name="Content">For example <c>#each lines as |line|</c>.</param>
/// <param name="Raw">Written with three braces: printed without escaping.</param>
/// <param name="Line">The line it starts on, from 1.</param>
internal readonly record struct TemplateTag(string Content, bool Raw, int Line);
