using System.Reflection;

namespace Mailroom.Host.Settings.Hocon;

/// <summary>The files of <c>hocon/</c> that are part of the program.</summary>
public sealed class EmbeddedFiles : IHoconFiles
{
    public byte[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"hocon/{name}")
            ?? throw new FileNotFoundException($"The program has no file hocon/{name}.");
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    public string Beside(string including, string relative) => relative;
}
