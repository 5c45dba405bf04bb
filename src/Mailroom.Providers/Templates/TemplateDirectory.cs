using System.Text;

namespace Mailroom.Providers.Templates;

/// <summary>
/// Reads <c>&lt;template_id&gt;/&lt;locale&gt;/{subject,text,html}.hbs</c> below a directory and names whatever does
/// not belong there. Entries that begin with a dot are passed over: a mounted Kubernetes ConfigMap keeps its data in
/// such directories and links to them, so links are followed, but never out of the directory.
/// </summary>
internal sealed class TemplateDirectory
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _root;
    private readonly ProblemList _problems;
    private readonly List<TemplateFile> _files = [];
    private long _bytes;

    private TemplateDirectory(string root, ProblemList problems)
    {
        _root = root;
        _problems = problems;
    }

    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory, or one below it, may not be read.</exception>
    public static IReadOnlyList<TemplateFile> Read(string directory, ProblemList problems)
    {
        var reading = new TemplateDirectory(RealPath.Of(directory), problems);
        reading.ReadTemplates();
        return reading._files;
    }

    private void ReadTemplates()
    {
        var templates = 0;
        foreach (var entry in Entries(_root, ""))
        {
            if (entry.Info is not DirectoryInfo)
            {
                _problems.Add(entry.Path, "it is not a template's directory: take it out");
            }
            else if (!TemplateId.IsWellFormed(entry.Name))
            {
                _problems.Add(entry.Path, "it is not a template id: use a-z, 0-9, '.', '_' and '-', a letter or digit first, 100 at most");
            }
            else if (++templates > TemplateLimits.Templates)
            {
                _problems.Add(entry.Path, $"the directory holds more than {TemplateLimits.Templates} templates");
                return;
            }
            else
            {
                ReadLocales(entry);
            }

            if (_problems.IsFull)
            {
                return;
            }
        }
    }

    private void ReadLocales(Entry template)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in Entries(template.RealPath, template.Path))
        {
            if (entry.Info is not DirectoryInfo)
            {
                _problems.Add(entry.Path, "it is not a locale's directory: templates are <template_id>/<locale>/{subject,text,html}.hbs");
            }
            else if (!TemplateLocale.IsWellFormed(entry.Name))
            {
                _problems.Add(entry.Path, "it is not a locale such as 'en', 'fr-FR' or 'zh-Hant'");
            }
            else if (!names.Add(entry.Name))
            {
                _problems.Add(entry.Path, "the same locale is there in another letter case: keep one");
            }
            else if (names.Count > TemplateLimits.Locales)
            {
                _problems.Add(entry.Path, $"the template has more than {TemplateLimits.Locales} locales");
                return;
            }
            else
            {
                ReadParts(template.Name, entry);
            }
        }

        if (!names.Contains(TemplateLocale.Default))
        {
            _problems.Add($"{template.Path}/{TemplateLocale.Default}", "it is missing: every template needs this locale, the last fallback");
        }
    }

    private void ReadParts(string templateId, Entry locale)
    {
        var found = new HashSet<TemplatePart>();
        foreach (var entry in Entries(locale.RealPath, locale.Path))
        {
            if (entry.Info is not FileInfo file || TemplateParts.FromFileName(entry.Name) is not { } part)
            {
                _problems.Add(entry.Path, "it is not subject.hbs, text.hbs or html.hbs: take it out");
                continue;
            }

            found.Add(part);
            if (TryReadContent(entry.Path, file) is { } content)
            {
                _files.Add(new TemplateFile(templateId, locale.Name, part, entry.Path, content));
            }
        }

        foreach (var required in new[] { TemplatePart.Subject, TemplatePart.Text }.Where(part => !found.Contains(part)))
        {
            _problems.Add($"{locale.Path}/{required.FileName()}", "it is missing: every locale needs subject.hbs and text.hbs");
        }
    }

    private string? TryReadContent(string path, FileInfo file)
    {
        try
        {
            // One byte more than allowed tells an endless or growing file from one that fits.
            using var stream = file.OpenRead();
            var buffer = new byte[(int)Math.Min(stream.Length, TemplateLimits.FileBytes) + 1];
            var read = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            _bytes += read;
            if (read > TemplateLimits.FileBytes)
            {
                _problems.Add(path, $"it is larger than {TemplateLimits.FileBytes} bytes");
                return null;
            }

            if (_bytes > TemplateLimits.CatalogBytes)
            {
                _problems.Add(path, $"the templates together are larger than {TemplateLimits.CatalogBytes} bytes");
                return null;
            }

            return Decode(path, buffer.AsSpan(0, read));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _problems.Add(path, $"it cannot be read: {error.Message}");
            return null;
        }
    }

    private string? Decode(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var content = StrictUtf8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
            var nul = content.IndexOf('\0');
            if (nul < 0)
            {
                return content;
            }

            _problems.Add(path, content.AsSpan(0, nul).Count('\n') + 1, "it holds a NUL character");
        }
        catch (DecoderFallbackException error)
        {
            var line = bytes[..Math.Clamp(error.Index, 0, bytes.Length)].Count((byte)'\n') + 1;
            _problems.Add(path, line, "it is not UTF-8: save it in that encoding");
        }

        return null;
    }

    private IEnumerable<Entry> Entries(string realPath, string path)
    {
        var names = new DirectoryInfo(realPath).EnumerateFileSystemInfos()
            .Where(info => info.Name[0] != '.')
            .Take(TemplateLimits.DirectoryEntries + 1)
            .Select(info => info.Name)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (names.Count > TemplateLimits.DirectoryEntries)
        {
            _problems.Add(path.Length == 0 ? "." : path, $"it has more than {TemplateLimits.DirectoryEntries} entries");
            yield break;
        }

        foreach (var name in names)
        {
            var entryPath = path.Length == 0 ? name : $"{path}/{name}";
            if (TryResolve(Path.Combine(realPath, name), entryPath) is { } real)
            {
                FileSystemInfo info = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
                yield return new Entry(name, entryPath, real, info);
            }
        }
    }

    private string? TryResolve(string fullPath, string path)
    {
        try
        {
            var real = RealPath.Of(fullPath);
            if (RealPath.IsWithin(_root, real))
            {
                return real;
            }

            _problems.Add(path, "it is a symbolic link out of the template directory: copy the file in");
        }
        catch (IOException)
        {
            _problems.Add(path, "its symbolic links form a circle");
        }

        return null;
    }

    /// <param name="Name">The name in the directory, a link's own.</param>
    /// <param name="Path">As an operator reads it: below the root, with <c>/</c>.</param>
    /// <param name="RealPath">Where its links end.</param>
    /// <param name="Info">What is there.</param>
    private readonly record struct Entry(string Name, string Path, string RealPath, FileSystemInfo Info);
}
