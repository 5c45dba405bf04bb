using System.Diagnostics.Metrics;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Operators;

namespace Mailroom.Host.Telemetry;

/// <summary>
/// The series of <c>mail.org.oldest_age_ms</c>. A series that was ever reported is reported for good, at zero where the org has nothing
/// due: a collector would otherwise keep its last value. So their number is bounded, and orgs beyond it share one.
/// </summary>
internal sealed class LaneSeries(int most = 256)
{
    /// <summary>The org that stands for all that have no series of their own. No org can have this name.</summary>
    public const string Others = "(others)";

    private const string Org = "org";
    private const string Lane = "lane";

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Org, bool Urgent), double> _ages = [];

    public IReadOnlyList<Measurement<double>> Measure(ScheduleReading? reading, Instant now)
    {
        lock (_gate)
        {
            foreach (var lane in _ages.Keys)
            {
                _ages[lane] = 0;
            }

            foreach (var lane in reading?.Facts.ByLane ?? [])
            {
                Note(lane, reading!.Age(lane, now).TotalMilliseconds);
            }

            return [.. _ages.Select(lane => new Measurement<double>(
                lane.Value, new KeyValuePair<string, object?>(Org, lane.Key.Org), new KeyValuePair<string, object?>(Lane, lane.Key.Urgent ? "urgent" : "normal")))];
        }
    }

    private void Note(LaneFacts lane, double age)
    {
        var key = (lane.Org.Value, lane.Urgent);
        if (_ages.ContainsKey(key) || _ages.Count < most)
        {
            _ages[key] = age;
        }
        else
        {
            key = (Others, lane.Urgent);
            _ages[key] = Math.Max(_ages.GetValueOrDefault(key), age);
        }
    }
}
