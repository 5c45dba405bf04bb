namespace Mailroom.Actors.Streams;

/// <summary>Records of what is wrong with a stream itself, kept among the malformed commands for operators to find.</summary>
internal static class StreamRecords
{
    /// <summary>Filed under the next entry that is still there.</summary>
    public static StreamItem Gap(StreamCursor at, StreamFacts facts, long? lost) => Of(
        facts.First is { } first && first > at.Offset ? first : facts.LastGenerated,
        CommandFailure.Gap,
        $"{(lost is { } known ? $"{known} entries" : "Entries")} after {at.Offset} were trimmed or deleted before they were read. "
        + "Their commands are lost here: ask the producer to send them again, and let it trim later.");

    /// <summary>Filed under the offset that is given up.</summary>
    public static StreamItem Reset(StreamCursor at, StreamFacts? facts) => Of(
        at.Offset,
        CommandFailure.Reset,
        (facts is null ? "The stream is gone" : $"The stream ends at {facts.LastGenerated}, with {facts.Added?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown number of"} entries ever added")
        + $", though it was read up to {at.Offset}. It is read from its beginning again; what comes a second time has no second effect.");

    private static StreamItem Of(StreamEntryId entry, string code, string message) => new(new(entry, []), null, new(code, message));
}
