using System.Globalization;

namespace Mailroom.Testing;

/// <summary>What a process and its children have cost so far, from /proc.</summary>
public static class ProcessCost
{
    private const double TicksPerSecond = 100;

    /// <summary>CPU seconds of the process, its living children and those it has waited for.</summary>
    public static double CpuSeconds(int pid) => Tree(pid).Sum(Ticks) / TicksPerSecond;

    /// <summary>The most memory that the process has had resident, in MB.</summary>
    public static double PeakMegabytes(int pid) => Megabytes(pid, "VmHWM:");

    /// <summary>The memory that the process has resident, in MB.</summary>
    public static double ResidentMegabytes(int pid) => Megabytes(pid, "VmRSS:");

    private static double Megabytes(int pid, string field) =>
        File.ReadLines($"/proc/{pid}/status").Where(line => line.StartsWith(field, StringComparison.Ordinal))
            .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024).Single();

    private static IEnumerable<int> Tree(int pid) => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
        .Where(id => id == pid || (id > 0 && Fields(id) is { Length: > 1 } fields && fields[1] == pid.ToString(CultureInfo.InvariantCulture)));

    private static double Ticks(int pid)
    {
        var fields = Fields(pid);
        return fields.Length < 15 ? 0 : fields[11..15].Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
    }

    /// <summary>The fields of stat from the state on: behind the name, which may hold blanks.</summary>
    private static string[] Fields(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return [];
        }
    }
}
