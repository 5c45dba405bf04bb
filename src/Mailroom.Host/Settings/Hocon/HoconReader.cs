using System.Buffers;
using System.Text.Unicode;

namespace Mailroom.Host.Settings.Hocon;

/// <summary>Reads a file and what it includes.</summary>
public sealed class HoconReader
{
    private readonly IHoconFiles files;
    private readonly List<HoconEntry> entries = [];
    private readonly List<HoconGroup> groups = [];
    private readonly List<string> open = [];
    private int read;

    private HoconReader(IHoconFiles files) => this.files = files;

    /// <summary>Reads the file of that name.</summary>
    /// <exception cref="HoconException">The file, or one that it includes, cannot be read or is refused.</exception>
    public static HoconDocument Read(IHoconFiles files, string name)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(name);
        var reader = new HoconReader(files);
        reader.ReadFile(name, prefix: "", from: new HoconLocation(name, 1));
        return new HoconDocument(reader.entries, reader.groups);
    }

    private void ReadFile(string name, string prefix, HoconLocation from)
    {
        if (++read > HoconLimits.Files)
        {
            throw new HoconException(from, $"more than {HoconLimits.Files} files are included", "Include fewer files");
        }

        var text = Decode(ReadBytes(name, from), name);
        open.Add(name);
        new HoconParser(new HoconCursor(text, name), entries, groups, Include).Parse(prefix);
        open.RemoveAt(open.Count - 1);
    }

    private void Include(string relative, string prefix, HoconLocation at)
    {
        if (relative.Length is 0 or > HoconLimits.KeyLength || relative.Any(char.IsControl) || Path.IsPathRooted(relative))
        {
            throw new HoconException(at, "include needs a relative file name", "Name a file beside or below this one");
        }

        var name = files.Beside(at.File, relative);
        if (open.Any(file => Path.GetFullPath(file) == Path.GetFullPath(name)))
        {
            throw new HoconException(at, $"{name} includes itself", "Remove the include");
        }

        if (open.Count >= HoconLimits.IncludeDepth)
        {
            throw new HoconException(at, $"files include files more than {HoconLimits.IncludeDepth} deep", "Include fewer levels");
        }

        ReadFile(name, prefix, at);
    }

    private byte[] ReadBytes(string name, HoconLocation from)
    {
        try
        {
            return files.Read(name);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoconException(from, $"there is no file {name}", "Correct the name, or create the file");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new HoconException(from, $"{name} cannot be read ({cause.GetType().Name})", "Name a readable file");
        }
    }

    private static string Decode(byte[] bytes, string name)
    {
        if (bytes.Length > HoconLimits.FileBytes)
        {
            throw new HoconException(new HoconLocation(name, 1), $"the file is larger than {HoconLimits.FileBytes} bytes", "Shorten it");
        }

        var characters = new char[bytes.Length];
        if (Utf8.ToUtf16(bytes, characters, out var valid, out var length, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            var line = 1 + bytes.AsSpan(0, valid).Count((byte)'\n');
            throw new HoconException(new HoconLocation(name, line), "the file is not UTF-8 text", "Save it as UTF-8");
        }

        return new string(characters, 0, length);
    }
}
