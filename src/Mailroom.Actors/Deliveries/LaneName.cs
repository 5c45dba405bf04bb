namespace Mailroom.Actors.Deliveries;

/// <summary>
/// What a lane is called between a store and the scan: the org's id, with a <c>!</c> after it for urgent mail. That is no letter of an
/// id and less than all of them, so names sort as org and then urgency do.
/// </summary>
public static class LaneName
{
    private const char Urgent = '!';

    public static string Of(string org, bool isUrgent) => isUrgent ? org + Urgent : org;

    public static (OrgId Org, bool IsUrgent) Parse(string name) => name.EndsWith(Urgent) ? (new(name[..^1]), true) : (new(name), false);
}
