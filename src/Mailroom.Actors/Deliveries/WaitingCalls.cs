namespace Mailroom.Actors.Deliveries;

/// <summary>A claim that waits for its provider call.</summary>
internal sealed record WaitingCall(OrgLine Line, Claim Claim, TimeSpan Since, TaskCompletionSource<CallPermit> Turn);

/// <summary>
/// Claims that wait for their call: each org's in their order, the orgs by turns. One org's claims, made ahead while nobody else had
/// any, so never stand before another's first. Only touched under the lock of <see cref="OrgLines"/>.
/// </summary>
internal sealed class WaitingCalls
{
    private readonly Queue<Queue<WaitingCall>> _turns = new();
    private readonly Dictionary<OrgLine, Queue<WaitingCall>> _byLine = [];

    public int Count { get; private set; }

    /// <summary>Orgs that have any.</summary>
    public int Orgs => _turns.Count;

    /// <summary>The oldest of the org whose turn it is.</summary>
    public WaitingCall First => _turns.Peek().Peek();

    public void Add(WaitingCall call)
    {
        Count++;
        if (!_byLine.TryGetValue(call.Line, out var line))
        {
            _byLine.Add(call.Line, line = new());
            _turns.Enqueue(line);
        }

        line.Enqueue(call);
    }

    /// <summary>Takes <see cref="First"/> out and ends its org's turn.</summary>
    public WaitingCall Take()
    {
        var line = _turns.Dequeue();
        var call = line.Dequeue();
        Count--;
        if (line.Count > 0)
        {
            _turns.Enqueue(line);
        }
        else
        {
            _byLine.Remove(call.Line);
        }

        return call;
    }

    /// <summary>Ends the turn of an org that cannot be called for now.</summary>
    public void Pass() => _turns.Enqueue(_turns.Dequeue());
}
