using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Emails;

/// <summary>The words for what is done with a mail of which nobody knows whether it was sent.</summary>
internal static class UncertainPolicies
{
    public const string Words = "retry, hold or fail";

    public static string Name(UncertainPolicy policy) => policy switch
    {
        UncertainPolicy.Retry => "retry",
        UncertainPolicy.Hold => "hold",
        UncertainPolicy.Fail => "fail",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "Not a policy."),
    };

    /// <summary>The current value; null after a fault.</summary>
    public static UncertainPolicy? Read(ref JsonFields json, string path)
    {
        if (json.Line(path, 16) is not { } text)
        {
            return null;
        }

        switch (text)
        {
            case "retry":
                return UncertainPolicy.Retry;
            case "hold":
                return UncertainPolicy.Hold;
            case "fail":
                return UncertainPolicy.Fail;
            default:
                json.Faults.Add(path, $"must be {Words}");
                return null;
        }
    }
}
