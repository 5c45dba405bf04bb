namespace Mailroom.Api.Http;

/// <summary>The files that are built into this assembly.</summary>
internal static class Resources
{
    /// <exception cref="InvalidOperationException">The build left it out.</exception>
    public static byte[] Read(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The resource {name} is not built into this assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
