using System.Buffers;
using System.Text;
using HandlebarsDotNet;

namespace Mailroom.Providers.Templates;

/// <summary>
/// Escapes what could end a text node or an attribute value, quoted or not: <c>&amp; &lt; &gt; " ' ` =</c>.
/// Text without any of them is written through in one piece.
/// </summary>
internal sealed class HtmlTextEncoder : ITextEncoder
{
    private static readonly SearchValues<char> Special = SearchValues.Create("&<>\"'`=");

    public void Encode(string? text, TextWriter target) => Encode(text.AsSpan(), target);

    public void Encode(StringBuilder? text, TextWriter target) => Encode(text?.ToString(), target);

    public void Encode<T>(T? text, TextWriter target)
        where T : IEnumerator<char>
    {
        while (text is not null && text.MoveNext())
        {
            Encode([text.Current], target);
        }
    }

    private static void Encode(ReadOnlySpan<char> text, TextWriter target)
    {
        while (true)
        {
            var plain = text.IndexOfAny(Special);
            if (plain < 0)
            {
                target.Write(text);
                return;
            }

            target.Write(text[..plain]);
            target.Write(Escape(text[plain]));
            text = text[(plain + 1)..];
        }
    }

    private static string Escape(char c) => c switch
    {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        '`' => "&#96;",
        '=' => "&#61;",
        _ => throw new ArgumentOutOfRangeException(nameof(c), (int)c, "Not a character that is escaped."),
    };
}
