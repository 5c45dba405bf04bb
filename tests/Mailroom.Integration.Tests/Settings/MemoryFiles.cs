using System.Text;
using Mailroom.Host.Settings.Hocon;

namespace Mailroom.Integration.Tests.Settings;

/// <summary>Files by name, without a disk.</summary>
internal sealed class MemoryFiles : IHoconFiles
{
    private readonly Dictionary<string, byte[]> files = new(StringComparer.Ordinal);

    public MemoryFiles With(string name, string text) => With(name, Encoding.UTF8.GetBytes(text));

    public MemoryFiles With(string name, byte[] bytes)
    {
        files[name] = bytes;
        return this;
    }

    public byte[] Read(string name) => files.TryGetValue(name, out var bytes) ? bytes : throw new FileNotFoundException();

    public string Beside(string including, string relative) => Path.Combine(Path.GetDirectoryName(including) ?? "", relative);

    public static HoconDocument Parse(string text) => HoconReader.Read(new MemoryFiles().With("my.conf", text), "my.conf");
}
