using System.Text.Json;

namespace Mailroom.Api.Emails;

/// <summary>Provider calls a second: 1 to 100 (A37).</summary>
internal static class RpsField
{
    public const int Most = 100;

    public const string Wrong = "must be a whole number from 1 to 100";

    /// <summary>The current value; null after a fault.</summary>
    public static int? Read(ref JsonFields json, string path)
    {
        if (json.Token == JsonTokenType.Number && json.TryInt(out var rps) && rps is >= 1 and <= Most)
        {
            return rps;
        }

        json.Faults.Add(path, Wrong);
        json.Skip();
        return null;
    }
}
