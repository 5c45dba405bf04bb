using System.Globalization;
using System.Reflection;

namespace Mailroom.Data.Migrations;

/// <summary>The migrations of one kind of database that this build knows, oldest first.</summary>
internal sealed record MigrationCatalog(string Ledger, IReadOnlyList<Migration> Migrations)
{
    private const int LedgerVersion = 0;

    /// <summary>Reads the embedded files <c>NNNN_name.sql</c> of a folder.</summary>
    /// <exception cref="FormatException">A number is missing or a file is not a migration: a fault of the build.</exception>
    public static MigrationCatalog Embedded(string folder)
    {
        var assembly = typeof(MigrationCatalog).Assembly;
        var prefix = $"migrations/{folder}/";
        var files = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToArray();

        string? ledger = null;
        var migrations = new List<Migration>();
        foreach (var file in files)
        {
            var (version, name) = Split(file[prefix.Length..]);
            var text = Read(assembly, file);
            if (version == LedgerVersion)
            {
                ledger = text;
                continue;
            }

            if (version != migrations.Count + 1)
            {
                throw new FormatException($"Migration {version} ({name}) follows {migrations.Count}: the numbers must have no gap.");
            }

            migrations.Add(Migration.Parse(version, name, text));
        }

        return new(ledger ?? throw new FormatException($"The folder {folder} has no ledger (0000)."), migrations);
    }

    private static (int Version, string Name) Split(string file)
    {
        var parts = Path.GetFileNameWithoutExtension(file).Split('_', 2);
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? (version, parts[1])
            : throw new FormatException($"{file} is not named NNNN_name.sql.");
    }

    private static string Read(Assembly assembly, string file)
    {
        using var stream = assembly.GetManifestResourceStream(file) ?? throw new FormatException($"{file} is not embedded.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
