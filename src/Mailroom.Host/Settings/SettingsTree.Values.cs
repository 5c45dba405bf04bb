using System.Globalization;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Host.Settings;

/// <summary>The typed reads. Bounds are inclusive.</summary>
public sealed partial class SettingsTree
{
    private const int LongestText = 4096;

    private delegate bool Parse<T>(string text, out T value);

    public TimeSpan Duration(string key, TimeSpan least, TimeSpan most)
    {
        var range = $"{GoDuration.Form}, from {GoDuration.Write(least)} to {GoDuration.Write(most)}";
        return Ranged<TimeSpan>(key, GoDuration.TryParse, "it is not a duration", range, least, most);
    }

    /// <returns>Bytes.</returns>
    public long Size(string key, long least, long most)
    {
        var range = $"{ByteSize.Form}, from {ByteSize.Write(least)} to {ByteSize.Write(most)}";
        return Ranged<long>(key, ByteSize.TryParse, "it is not a size", range, least, most);
    }

    public int Int(string key, int least, int most)
    {
        var range = string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}");
        return Ranged<int>(key, TryParseInt, "it is not a whole number", range, least, most);
    }

    public bool Bool(string key) => Choice(key, ("false", false), ("true", true));

    /// <summary>One of a few words. The first stands in for a wrong one.</summary>
    public T Choice<T>(string key, params IReadOnlyList<(string Name, T Value)> choices)
    {
        ArgumentNullException.ThrowIfNull(choices);
        var form = string.Join(" or ", choices.Select(choice => choice.Name));
        var text = ReadText(key, form);
        foreach (var (name, value) in choices)
        {
            if (name == text)
            {
                return value;
            }
        }

        if (text is not null)
        {
            var nearest = NearestName.Find(text, choices.Select(choice => choice.Name));
            Refuse(key, "there is no such choice", (nearest is null ? "" : $"Did you mean {nearest}? ") + $"Set {VariableOf(key)} to {form}");
        }

        return choices[0].Value;
    }

    /// <summary>Text without control characters, at most 4096 characters; empty where not set.</summary>
    public string String(string key)
    {
        var form = $"plain text of at most {LongestText} characters";
        var text = ReadText(key, form) ?? "";
        if (text.Length > LongestText || text.Any(char.IsControl))
        {
            Refuse(key, "it is too long or holds a line break or another control character", $"Set {VariableOf(key)} to {form}");
            return "";
        }

        return text;
    }

    /// <summary>Text that may not be empty.</summary>
    public string RequiredString(string key, string form)
    {
        var text = String(key);
        if (text.Length == 0)
        {
            Refuse(key, "it may not be empty", $"Set {VariableOf(key)} to {form}");
        }

        return text;
    }

    /// <summary>A secret; null where not set. Its text never stands in a message.</summary>
    public Secret? Secret(string key)
    {
        secrets.Add(key);
        var text = String(key);
        return text.Length == 0 ? null : new Secret(text);
    }

    /// <summary>The URL of a server, without a slash at the end; null: not set.</summary>
    public Uri? Url(string key)
    {
        var text = String(key);
        if (text.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url is { UserInfo: "", Query: "", Fragment: "" })
        {
            return url;
        }

        Refuse(key, "it is no URL of a server", $"Set {VariableOf(key)} to a URL such as https://mail.example.com");
        return null;
    }

    public ListenAddress ListenAddress(string key) =>
        Parsed<ListenAddress>(key, Settings.ListenAddress.TryParse, "it is no address to listen on", Settings.ListenAddress.Form);

    /// <summary>A server; null where not set.</summary>
    public HostPort? Server(string key) => String(key).Length == 0
        ? null
        : Parsed<HostPort>(key, HostPort.TryParse, "it names no server", HostPort.Form);

    /// <summary>Servers; from a file a list, from the environment separated by commas.</summary>
    public IReadOnlyList<HostPort> Servers(string key, int mostItems)
    {
        var servers = new List<HostPort>();
        foreach (var item in StringList(key, mostItems))
        {
            if (!HostPort.TryParse(item, out var server))
            {
                Refuse(key, $"\"{Shown.Text(item)}\" in it names no server", $"Set {VariableOf(key)} to at most {mostItems} servers, separated by commas, each {HostPort.Form}");
                return [];
            }

            servers.Add(server);
        }

        return servers.AsReadOnly();
    }

    /// <summary>Secrets; from a file a list, from the environment separated by commas. Their texts never stand in a message.</summary>
    public IReadOnlyList<Secret> SecretList(string key, int mostItems)
    {
        secrets.Add(key);
        return [.. StringList(key, mostItems).Select(item => new Secret(item))];
    }

    /// <summary>Texts without control characters; from a file a list, from the environment separated by commas.</summary>
    public IReadOnlyList<string> StringList(string key, int mostItems)
    {
        var form = string.Create(CultureInfo.InvariantCulture, $"at most {mostItems} values, separated by commas");
        var items = ReadItems(key);
        if (items.Count > mostItems || items.Any(item => item.Length is 0 or > LongestText || item.Any(char.IsControl)))
        {
            Refuse(key, "it has too many items, or one that is empty, too long or not plain text", $"Set {VariableOf(key)} to {form}");
            return [];
        }

        return items;
    }

    /// <summary>Durations, each within the bounds.</summary>
    public IReadOnlyList<TimeSpan> DurationList(string key, int mostItems, TimeSpan least, TimeSpan most)
    {
        var durations = new List<TimeSpan>();
        foreach (var item in StringList(key, mostItems))
        {
            if (!GoDuration.TryParse(item, out var duration) || duration < least || duration > most)
            {
                Refuse(
                    key,
                    $"\"{Shown.Text(item)}\" in it is not a duration in range",
                    $"Set {VariableOf(key)} to durations from {GoDuration.Write(least)} to {GoDuration.Write(most)}, separated by commas, such as 1m,5m,30m");
                return [];
            }

            durations.Add(duration);
        }

        return durations.AsReadOnly();
    }

    private IReadOnlyList<string> ReadItems(string key)
    {
        var value = Read(key);
        if (value?.Text is not { } text)
        {
            return value?.Items ?? [];
        }

        var list = text.Trim();
        list = list is ['[', .., ']'] ? list[1..^1].Trim() : list;
        return list.Length == 0 ? [] : list.Split(',', StringSplitOptions.TrimEntries);
    }

    private T Parsed<T>(string key, Parse<T> parse, string cause, string form)
    {
        var text = ReadText(key, form);
        if (!parse(text ?? "", out var value) && text is not null)
        {
            Refuse(key, cause, $"Set {VariableOf(key)} to {form}");
        }

        return value;
    }

    private T Ranged<T>(string key, Parse<T> parse, string cause, string form, T least, T most)
        where T : struct, IComparable<T>
    {
        var text = ReadText(key, form);
        if (text is null)
        {
            return least;
        }

        if (!parse(text, out var value))
        {
            Refuse(key, cause, $"Set {VariableOf(key)} to {form}");
            return least;
        }

        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            Refuse(key, "it is out of range", $"Set {VariableOf(key)} to {form}");
            return least;
        }

        return value;
    }

    private static bool TryParseInt(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
}
