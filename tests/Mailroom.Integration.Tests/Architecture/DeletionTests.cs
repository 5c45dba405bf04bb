using System.Text.RegularExpressions;
using Mailroom.Integration.Tests.Service.Under;

namespace Mailroom.Integration.Tests.Architecture;

/// <summary>Holds the source to one way out of the database.</summary>
public sealed partial class DeletionTests
{
    [Fact]
    [Trait("Requirement", "D33")]
    public void Nothing_but_retention_deletes_rows_of_mail()
    {
        var source = Path.Combine(MailroomEnvironment.Checkout, "src");
        var deletions = Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Deletion().Matches(File.ReadAllText(file)).Select(match => $"{Path.GetFileNameWithoutExtension(file)} {match.Groups[1].Value}"))
            .Distinct()
            .Order(StringComparer.Ordinal);

        deletions.ShouldBe(
        [
            "PostgresLedger schema_migrations",
            "PostgresOwnership nodes",
            "PostgresRetention deliveries",
            "PostgresRetention idempotency",
            "PostgresRetention malformed_commands",
            "SqliteLedger schema_migrations",
            "SqliteRetention deliveries",
            "SqliteRetention idempotency",
            "SqliteRetention malformed_commands",
        ]);
    }

    /// <summary>Also a table whose name is put in at run time, which shows as a brace.</summary>
    [GeneratedRegex(@"(?:DELETE\s+FROM|TRUNCATE)\s+(?:ONLY\s+|TABLE\s+)?([\w.{}]+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Deletion();
}
