using Spectre.Console;

namespace Mailroom.Host.Commands;

internal static class TableOutput
{
    /// <summary>Wide enough for every row: another program reads it, and a wrapped id is none.</summary>
    private const int WidthOfPipe = 500;

    public static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = WidthOfPipe;
        }

        AnsiConsole.Write(table);
    }
}
