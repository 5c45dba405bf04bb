using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors;
using Mailroom.Api.Auth;

namespace Mailroom.Host.Running;

/// <summary>The one key of the dev profile, kept beside its database so that every start prints the same.</summary>
internal static class DevKey
{
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static async Task<string> EnsureAsync(string dataDirectory, IApiKeys keys, TimeProvider clock, CancellationToken cancel)
    {
        var path = Path.Combine(dataDirectory, "dev-key");
        var key = File.Exists(path) ? (await File.ReadAllTextAsync(path, cancel).ConfigureAwait(false)).Trim() : "";
        if (!key.StartsWith(NewApiKey.TestPrefix, StringComparison.Ordinal) || key.Length < 40)
        {
            key = NewApiKey.Draw(NewApiKey.TestPrefix);
            await WriteAsync(path, key, cancel).ConfigureAwait(false);
        }

        if (await keys.FindAsync(SHA256.HashData(Encoding.ASCII.GetBytes(key)), cancel).ConfigureAwait(false) is null)
        {
            await keys.AddAsync(NewApiKey.Stored(key, OrgId.Default, "dev", clock), cancel).ConfigureAwait(false);
        }

        return key;
    }

    private static async Task WriteAsync(string path, string key, CancellationToken cancel)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            Restrict(options);
        }

        var file = new FileStream(path, options);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(Encoding.ASCII.GetBytes(key + "\n"), cancel).ConfigureAwait(false);
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static void Restrict(FileStreamOptions options) => options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
}
