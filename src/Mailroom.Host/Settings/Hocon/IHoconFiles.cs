namespace Mailroom.Host.Settings.Hocon;

/// <summary>Where files come from.</summary>
public interface IHoconFiles
{
    /// <summary>The file's bytes, at most <see cref="HoconLimits.FileBytes"/> and one.</summary>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    byte[] Read(string name);

    /// <summary>The name of a file that another one includes by a relative name.</summary>
    string Beside(string including, string relative);
}
