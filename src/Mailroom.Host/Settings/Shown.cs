using System.Globalization;
using System.Text;

namespace Mailroom.Host.Settings;

/// <summary>Text from outside, made fit for one line of a message.</summary>
internal static class Shown
{
    private const int Longest = 80;

    /// <summary>Control and unpaired characters escaped, and cut after 80 characters.</summary>
    public static string Text(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= Longest)
            {
                return shown.Append("...").ToString();
            }

            if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            }
            else
            {
                shown.Append(rune);
            }
        }

        return shown.ToString();
    }
}
