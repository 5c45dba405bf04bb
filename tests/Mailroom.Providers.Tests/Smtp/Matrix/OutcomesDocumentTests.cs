namespace Mailroom.Providers.Tests.Smtp.Matrix;

public sealed class OutcomesDocumentTests
{
    [Fact]
    public void The_operators_table_says_what_the_matrix_says()
    {
        var expected = OutcomesDocument.Write();
        var written = Path.Combine(AppContext.BaseDirectory, "smtp-outcomes.md");
        File.WriteAllText(written, expected);

        File.ReadAllText(Path.Combine(Checkout(), "docs", "smtp-outcomes.md")).ReplaceLineEndings("\n")
            .ShouldBe(expected, $"docs/smtp-outcomes.md is to be replaced with {written}");
    }

    private static string Checkout()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "Mailroom.sln")))
            {
                return directory;
            }
        }

        throw new InvalidOperationException("The tests run from inside the checkout: there is no Mailroom.sln above " + AppContext.BaseDirectory);
    }
}
