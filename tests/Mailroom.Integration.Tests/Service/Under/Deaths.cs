using System.Globalization;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>The death of a process that <c>Mailroom.CrashHost</c> runs.</summary>
internal static class Deaths
{
    /// <summary>128 and the number of SIGKILL.</summary>
    private const int BySigKill = 137;

    public static (string Name, string Value)[] Variables(string point, int passing) =>
        [("CRASH_POINT", point), ("CRASH_PASSING", passing.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Waits until it has killed itself. One that ended in another way never came to its point.</summary>
    public static async Task Died(this RunningMailroom service) =>
        (await Deadline.In().Wait(service.Exited, "the process to die at its point", () => service.Log.Tail())).ShouldBe(BySigKill, service.Log.Tail());

    /// <summary>Asks for something of a process that may die of it. Null: it did, before it answered.</summary>
    public static async Task<T?> OrNull<T>(Task<T> asked)
        where T : class
    {
        try
        {
            return await asked;
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return null;
        }
    }
}
