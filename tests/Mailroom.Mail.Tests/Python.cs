using System.ComponentModel;
using System.Diagnostics;

namespace Mailroom.Mail.Tests;

/// <summary>A script that is asked by its input and answers by its output, as long as the tests need it.</summary>
internal static class Python
{
    /// <param name="script">The program's text.</param>
    /// <param name="purpose">What the tests do with it, for the message where there is no Python.</param>
    public static Process Start(string script, string purpose)
    {
        var start = new ProcessStartInfo("python3", ["-u", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"These tests {purpose}, and python3 is not on the PATH: install the package python3.", e);
        }
    }
}
