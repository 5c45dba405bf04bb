using System.Text.Json;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>Takes one member's value. The walk stands at it, and it may be null.</summary>
internal delegate void ReadMember(ref JsonFields json, string name);

/// <summary>A body that is one object of a few known members, in any order and each at most once.</summary>
internal static class JsonObject
{
    /// <summary>Reads the whole body; what is wrong with members is noted in <paramref name="faults"/>.</summary>
    /// <exception cref="ProblemException">The body is no JSON, or more than one value.</exception>
    public static void Read(ReadOnlySpan<byte> body, Faults faults, ReadOnlySpan<string> known, ReadMember read)
    {
        var json = JsonBody.Open(body, faults);
        try
        {
            json.Next();
            if (json.Token == JsonTokenType.StartObject)
            {
                ReadMembers(ref json, known, read);
            }
            else
            {
                json.Wrong("", "an object");
            }

            json.End();
        }
        catch (JsonException error)
        {
            throw JsonBody.NotJson(error);
        }
    }

    private static void ReadMembers(ref JsonFields json, ReadOnlySpan<string> known, ReadMember read)
    {
        var seen = 0UL;
        while (json.NextName())
        {
            var name = json.Name();
            var place = name is null ? -1 : known.IndexOf(name);
            if (place < 0)
            {
                json.Faults.Add(JsonFields.Shown(name), "is not a known field");
                json.Next();
                json.Skip();
                continue;
            }

            if ((seen & (1UL << place)) != 0)
            {
                json.Faults.Add(known[place], "is given twice");
            }

            seen |= 1UL << place;
            json.Next();
            read(ref json, known[place]);
        }
    }
}
