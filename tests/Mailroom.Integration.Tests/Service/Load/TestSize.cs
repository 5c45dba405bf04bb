using System.Globalization;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>How much a test does, small in the suite and larger where a variable says so.</summary>
internal static class TestSize
{
    /// <exception cref="FormatException">The variable holds something else than a number.</exception>
    public static int Of(string variable, int usual) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : usual;
}
