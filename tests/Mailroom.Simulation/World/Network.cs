using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;

namespace Mailroom.Simulation.World;

/// <summary>What goes wrong between nodes. All 0: nothing.</summary>
internal sealed record NetworkFaults(double Loses = 0, double Repeats = 0, double Delays = 0);

/// <summary>The network between the nodes: it loses, repeats, delays and so reorders, and splits.</summary>
internal sealed class Network(Timeline timeline, SeededRandom random, History history, Func<string, RunningNode?> nodeAt)
{
    private readonly HashSet<(int, int)> _cut = [];

    public NetworkFaults Faults { get; set; } = new();

    /// <summary>Everything is put into bytes and read again on the way, as between real nodes.</summary>
    public bool Encodes { get; set; }

    /// <summary>Cuts or mends the way between two machines, one direction or both.</summary>
    public void Cut(int from, int to, bool isCut)
    {
        history.Add(from, isCut ? "cut" : "mended", null, to);
        if (isCut)
        {
            _cut.Add((from, to));
        }
        else
        {
            _cut.Remove((from, to));
        }
    }

    public void MendAll() => _cut.Clear();

    public Task<object> AskAsync(SimProcess from, Member to, EntityMessage message, TimeSpan within)
    {
        var call = new TaskCompletionSource<object>();
        if (Drawn(from, to) is not { } travel)
        {
            // A connection that is refused says so at once, a packet that is lost says nothing.
            Answer(call, from, random.Chance(0.5) ? random.Milliseconds(0.1, 5) : within, NotDone.NotOwner);
            return call.Task;
        }

        var bytes = Encodes ? PeerCodec.Encode(message) : null;
        for (var copies = random.Chance(Faults.Repeats) ? 2 : 1; copies > 0; copies--)
        {
            timeline.After(travel, () => Deliver(call, from, to, () => bytes is null ? message : PeerCodec.DecodeMessage(bytes)));
            travel += random.Milliseconds(0, 300);
        }

        Answer(call, from, within, NotDone.NotOwner);
        return call.Task;
    }

    public void Tell(SimProcess from, Member to, PeerNote note)
    {
        if (Drawn(from, to) is not { } travel)
        {
            return;
        }

        var bytes = Encodes ? PeerCodec.Encode([note]) : null;
        for (var copies = random.Chance(Faults.Repeats) ? 2 : 1; copies > 0; copies--)
        {
            timeline.After(travel, () =>
            {
                if (nodeAt(to.Address) is { IsLinked: true } node)
                {
                    node.Process.Arrive((Action)(() => node.Told(bytes is null ? note : PeerCodec.DecodeNotes(bytes)[0])));
                }
            });
            travel += random.Milliseconds(0, 300);
        }
    }

    private void Deliver(TaskCompletionSource<object> call, SimProcess from, Member to, Func<EntityMessage> message)
    {
        if (nodeAt(to.Address) is not { IsLinked: true } node)
        {
            Answer(call, from, random.Milliseconds(0.1, 1), NotDone.NotOwner);
            return;
        }

        node.Process.Arrive((Action)(() => _ = AskedAsync(call, from, to, node, message())));
    }

    private async Task AskedAsync(TaskCompletionSource<object> call, SimProcess from, Member to, RunningNode node, EntityMessage message)
    {
        var answer = await node.AskedAsync(message).ConfigureAwait(false);
        if (Encodes)
        {
            answer = PeerCodec.DecodeAnswer(PeerCodec.EncodeAnswer(answer));
        }

        if (Drawn(from, to) is { } travel)
        {
            Answer(call, from, travel, answer);
        }
    }

    private static void Answer(TaskCompletionSource<object> call, SimProcess to, TimeSpan after, object answer) => to.After(after, () => call.TrySetResult(answer));

    /// <summary>How long something takes on its way; null: it never arrives.</summary>
    private TimeSpan? Drawn(SimProcess from, Member to)
    {
        var other = nodeAt(to.Address)?.Process.Machine.Number ?? -1;
        if (random.Chance(Faults.Loses) || _cut.Contains((from.Machine.Number, other)) || _cut.Contains((other, from.Machine.Number)))
        {
            return null;
        }

        return random.Chance(Faults.Delays) ? random.Milliseconds(1, 1500) : random.Milliseconds(0.05, 1);
    }
}

/// <summary>One process's way to the other nodes.</summary>
internal sealed class NodePeers(Network network, SimProcess process) : IPeers
{
    public async ValueTask<object> AskAsync(Member to, EntityMessage message, TimeSpan within) => await network.AskAsync(process, to, message, within).ConfigureAwait(false);

    public void Tell(Member to, PeerNote note) => network.Tell(process, to, note);
}
