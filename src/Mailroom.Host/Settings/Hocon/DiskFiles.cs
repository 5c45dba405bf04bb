namespace Mailroom.Host.Settings.Hocon;

/// <summary>Files on disk, by path.</summary>
public sealed class DiskFiles : IHoconFiles
{
    public byte[] Read(string name)
    {
        using var file = new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[HoconLimits.FileBytes + 1];
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return bytes[..read];
    }

    public string Beside(string including, string relative) =>
        Path.Combine(Path.GetDirectoryName(including) ?? "", relative);
}
