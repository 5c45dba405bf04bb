using System.Collections.Frozen;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Data.Rows;

/// <summary>The permanent stored names of the small enumerations.</summary>
internal static class StoredNames
{
    private static readonly string[] Recipients = ["pending", "sent", "failed", "suppressed", "delivered", "bounced", "complained", "uncertain"];
    private static readonly string[] Policies = ["retry", "hold", "fail"];

    private static readonly FrozenDictionary<string, RecipientStatus> RecipientsByName =
        Enum.GetValues<RecipientStatus>().ToFrozenDictionary(status => Recipients[(int)status]);

    private static readonly FrozenDictionary<string, UncertainPolicy> PoliciesByName =
        Enum.GetValues<UncertainPolicy>().ToFrozenDictionary(policy => Policies[(int)policy]);

    public static string Name(this RecipientStatus status) => Recipients[(int)status];

    public static string Name(this UncertainPolicy policy) => Policies[(int)policy];

    /// <exception cref="FormatException">Not a stored name.</exception>
    public static RecipientStatus Recipient(string name) => RecipientsByName.TryGetValue(name, out var status)
        ? status
        : throw new FormatException($"The row has an unknown recipient status '{name}'.");

    /// <exception cref="FormatException">Not a stored name.</exception>
    public static UncertainPolicy Policy(string name) => PoliciesByName.TryGetValue(name, out var policy)
        ? policy
        : throw new FormatException($"The row has an unknown policy '{name}'.");

    /// <exception cref="FormatException">Not a stored name.</exception>
    public static DeliveryStatus Delivery(string name) => DeliveryStatuses.TryParse(name, out var status)
        ? status
        : throw new FormatException($"The row has an unknown delivery status '{name}'.");

    /// <exception cref="FormatException">Not a stored name.</exception>
    public static AttemptStatus Attempt(string name) => AttemptStatuses.TryParse(name, out var status)
        ? status
        : throw new FormatException($"The row has an unknown attempt status '{name}'.");
}
