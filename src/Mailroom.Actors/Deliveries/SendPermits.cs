namespace Mailroom.Actors.Deliveries;

/// <summary>At most so many provider calls at once (C29); the claims ahead wait here in their order.</summary>
internal sealed class SendPermits(int count)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource<bool>> _waiting = new();
    private int _free = count;
    private bool _closed;

    /// <summary>True when the call may be made, and then <see cref="Release"/> is due; false when there are to be no more calls.</summary>
    public ValueTask<bool> TakeAsync()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return new(false);
            }

            if (_free > 0)
            {
                _free--;
                return new(true);
            }

            var turn = new TaskCompletionSource<bool>();
            _waiting.Enqueue(turn);
            return new(turn.Task);
        }
    }

    public void Release()
    {
        TaskCompletionSource<bool>? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
            {
                _free++;
            }
        }

        next?.SetResult(true);
    }

    /// <summary>Lets nobody else through, not even those who wait.</summary>
    public void Close()
    {
        TaskCompletionSource<bool>[] waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var turn in waiting)
        {
            turn.SetResult(false);
        }
    }
}
