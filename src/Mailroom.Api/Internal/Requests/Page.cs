using System.Text.Json;
using Mailroom.Api.Emails;

namespace Mailroom.Api.Internal.Requests;

/// <summary>One page of a listing, and where the next begins; null: this is the last.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <param name="found">One more than <paramref name="limit"/> where there are more.</param>
    /// <param name="limit">Items of a page.</param>
    /// <param name="cursor">An item's place.</param>
    public static Page<T> Of(IReadOnlyList<T> found, int limit, Func<T, string> cursor) =>
        found.Count > limit ? new([.. found.Take(limit)], cursor(found[limit - 1])) : new(found, null);

    public void Write(Utf8JsonWriter json, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var item in Items)
        {
            write(json, item);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more", Next is not null);
        EmailJson.WriteOptional(json, "next_cursor", Next);
        json.WriteEndObject();
    }
}
