using System.Collections.Concurrent;
using Mailroom.Actors.Streams;

namespace Mailroom.Actors.Kit;

/// <summary>Keeps what a consumer reports, each as a short line: <c>rejected 5-0 invalid_command mail-1 notification</c>.</summary>
public sealed class RecordingStreamEvents : IStreamEvents
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>The lines that begin with this word.</summary>
    public IReadOnlyList<string> Of(string word) => [.. _lines.Where(line => line.StartsWith(word + " ", StringComparison.Ordinal))];

    public void BatchTaken(string stream, StreamEntryId offset, int accepted, int replayed, int malformed) =>
        _lines.Enqueue($"taken {offset} {accepted} {replayed} {malformed}");

    public void Rejected(string stream, StreamEntryId entry, string failureCode, string? deliveryId, string? source) =>
        _lines.Enqueue($"rejected {entry} {failureCode} {deliveryId ?? "-"} {source ?? "-"}");

    public void GapFound(string stream, StreamEntryId offset, long? lost) => _lines.Enqueue($"gap {offset} {lost?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"}");

    public void ResetFound(string stream, StreamEntryId offset, StreamEntryId? last) => _lines.Enqueue($"reset {offset} {last?.ToString() ?? "-"}");

    public void Unavailable(string stream, string part, Exception why) => _lines.Enqueue($"unavailable {part}");

    public void Recovered(string stream, string part) => _lines.Enqueue($"recovered {part}");

    public void Lost(string stream) => _lines.Enqueue($"lost {stream}");

    public void Faulted(string stream, StreamEntryId entry, Exception why) => _lines.Enqueue($"faulted {entry}");
}
