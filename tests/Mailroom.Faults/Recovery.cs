namespace Mailroom.Faults;

/// <summary>When interrupted mail was on the wire again.</summary>
/// <param name="Spans">Sorted; of each strike one figure.</param>
internal sealed record Recovery(IReadOnlyList<TimeSpan> Spans)
{
    /// <param name="strikes">Whose time to take.</param>
    /// <param name="calls">By delivery: when the next hop took it, oldest first.</param>
    /// <param name="since">From when a strike's time counts.</param>
    /// <param name="all">Until all that was interrupted was there; else the first.</param>
    public static Recovery Of(
        IEnumerable<Strike> strikes, IReadOnlyDictionary<string, List<DateTimeOffset>> calls, Func<Strike, DateTimeOffset> since, bool all)
    {
        var spans = new List<TimeSpan>();
        foreach (var strike in strikes)
        {
            var back = (strike.Interrupted ?? [])
                .Where(mail => !mail.IsLimited)
                .Select(mail => calls.GetValueOrDefault(mail.Id)?.FirstOrDefault(at => at > strike.At) ?? default)
                .Where(at => at != default)
                .ToList();
            if (back.Count > 0)
            {
                var span = (all ? back.Max() : back.Min()) - since(strike);
                spans.Add(span > TimeSpan.Zero ? span : TimeSpan.Zero);
            }
        }

        spans.Sort();
        return new(spans);
    }

    public TimeSpan Max => Spans.Count == 0 ? TimeSpan.Zero : Spans[^1];

    public override string ToString() => Spans.Count == 0
        ? "none"
        : FormattableString.Invariant($"n={Spans.Count} p50={Spans[Spans.Count / 2].TotalSeconds:F2}s max={Max.TotalSeconds:F2}s");
}
