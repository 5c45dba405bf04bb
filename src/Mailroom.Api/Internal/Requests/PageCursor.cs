using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;

namespace Mailroom.Api.Internal.Requests;

/// <summary>Where a page ended, opaque to callers: base64url of <c>created_at_ms:id</c> (D07), or of one number or id.</summary>
internal static class PageCursor
{
    private const int MaxLength = 256;

    public static string Of(Instant at, string id) => Encode(string.Create(CultureInfo.InvariantCulture, $"{at.UnixMilliseconds}:{id}"));

    public static string Of(long number) => Encode(number.ToString(CultureInfo.InvariantCulture));

    public static string Of(OrgId id) => Encode(id.Value);

    public static bool TryPlace(string text, [MaybeNullWhen(false)] out DeliveryCursor place)
    {
        place = null;
        if (Decode(text) is { } plain
            && plain.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            && long.TryParse(plain.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            && DeliveryId.TryParse(plain[(colon + 1)..], out var id))
        {
            place = new DeliveryCursor(new Instant(milliseconds), id.Value);
        }

        return place is not null;
    }

    public static bool TryNumber(string text, [MaybeNullWhen(false)] out NumberCursor cursor)
    {
        cursor = Decode(text) is { } plain && long.TryParse(plain, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(number) : null;
        return cursor is not null;
    }

    public static bool TryOrg(string text, [MaybeNullWhen(false)] out OrgCursor cursor)
    {
        cursor = OrgId.TryParse(Decode(text), out var id) ? new(id) : null;
        return cursor is not null;
    }

    private static string Encode(string plain) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(plain));

    private static string? Decode(string text)
    {
        Span<byte> plain = stackalloc byte[MaxLength];
        return text.Length <= MaxLength && Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, plain, out var length)
            ? Encoding.UTF8.GetString(plain[..length])
            : null;
    }
}

internal sealed record NumberCursor(long Before);

internal sealed record OrgCursor(OrgId After);
