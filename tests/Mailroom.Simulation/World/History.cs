using System.Globalization;
using Mailroom.Actors.Kernel;

namespace Mailroom.Simulation.World;

/// <summary>All that happened in a run, as a number that tells one history from another, and line by line where it is to be shown.</summary>
internal sealed class History(Timeline timeline, bool keeps)
{
    private const ulong Prime = 1099511628211;

    private readonly List<Happening> _all = [];

    /// <summary>Two runs with the same digest went the same way.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    public void Add(int node, string what, string? id = null, long one = 0, long two = 0)
    {
        Mix((ulong)timeline.Now.Ticks);
        Mix((ulong)node);
        Mix(StableHash.Of(what));
        Mix(id is null ? 0 : StableHash.Of(id));
        Mix((ulong)one);
        Mix((ulong)two);
        if (keeps)
        {
            _all.Add(new(timeline.Now, node, what, id, one, two));
        }
    }

    /// <summary>The lines of the whole history, those of an id, or those of a time.</summary>
    public IEnumerable<string> Lines(string? id = null, TimeSpan? around = null) => _all
        .Where(happening => (id is null || happening.Id == id) && (around is not { } at || (happening.At - at).Duration() < TimeSpan.FromMilliseconds(500)))
        .Select(happening => happening.ToString());

    private void Mix(ulong value) => Digest = (Digest ^ value) * Prime ^ (Digest >> 29);

    private readonly record struct Happening(TimeSpan At, int Node, string What, string? Id, long One, long Two)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{At.TotalSeconds,11:F4}  {(Node < 0 ? "world " : $"node-{Node}")}  {What}{(Id is null ? "" : " " + Id)}{(One == 0 && Two == 0 ? "" : " " + One)}{(Two == 0 ? "" : " " + Two)}");
    }
}
