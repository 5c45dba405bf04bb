using System.Buffers;

namespace Mailroom.Actors;

/// <summary>A delivery's id: 1 to 128 letters, digits, <c>.</c>, <c>_</c> or <c>-</c>. Mailroom's own are <c>em_</c> and a UUIDv7; producers on the stream may bring theirs.</summary>
public readonly record struct DeliveryId(string Value)
{
    public static bool TryParse(string? text, out DeliveryId id) => IdText.TryParse(text, static value => new DeliveryId(value), out id);

    public override string ToString() => Value;
}

/// <summary>An org's id, same form as a delivery's.</summary>
public readonly record struct OrgId(string Value)
{
    /// <summary>The org that everything belongs to where nobody made one.</summary>
    public static readonly OrgId Default = new("org_default");

    /// <summary>The entry that stands for all orgs: what is paused there is paused for everybody. No org can be made with it.</summary>
    public static readonly OrgId All = new("org_all");

    public static bool TryParse(string? text, out OrgId id) => IdText.TryParse(text, static value => new OrgId(value), out id);

    public override string ToString() => Value;
}

internal static class IdText
{
    private const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    public static bool TryParse<T>(string? text, Func<string, T> make, out T id)
        where T : struct
    {
        if (text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed))
        {
            id = make(text);
            return true;
        }

        id = default;
        return false;
    }
}
