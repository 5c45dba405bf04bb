using System.Globalization;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>
/// A wall clock that the test sets for one process, by libfaketime (Debian's <c>faketime</c>): it reads how far the clock is off from a file, each
/// time that it is asked. The monotonic clock goes on as it is.
/// </summary>
internal sealed class ShiftedClock : IDisposable
{
    private const string Library = "libfaketimeMT.so.1";

    private readonly TemporaryFolder _folder = new();

    public ShiftedClock() => Set(TimeSpan.Zero);

    /// <summary>The variables that give the clock to a process.</summary>
    public (string Name, string Value)[] Settings =>
    [
        ("LD_PRELOAD", Find()), ("FAKETIME_TIMESTAMP_FILE", Offset), ("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("DONT_FAKE_MONOTONIC", "1"),
    ];

    private string Offset => Path.Combine(_folder.Path, "offset");

    /// <summary>How far the process's clock is ahead of the right time from now on; behind it where negative.</summary>
    public void Set(TimeSpan ahead)
    {
        var whole = Offset + ".new";
        File.WriteAllText(whole, ((long)ahead.TotalSeconds).ToString("+0;-0;+0", CultureInfo.InvariantCulture));
        File.Move(whole, Offset, overwrite: true);
    }

    public void Dispose() => _folder.Dispose();

    private static string Find() =>
        Directory.EnumerateDirectories("/usr/lib").Prepend("/usr/lib").Select(folder => Path.Combine(folder, "faketime", Library)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{Library} is not installed. Run ./test, which installs what the tests need.", Library);
}
