namespace Mailroom.Actors.Kernel;

/// <summary>The turn: decide, hand the change to the writer, and go on from what became of it.</summary>
internal sealed partial class Shard<TEntity, TState, TMessage, TEvent>
{
    private void Turn(Cell<TState, TMessage> cell, in Envelope<TMessage> envelope)
    {
        Decision<TEvent> decision;
        try
        {
            decision = TEntity.Decide(cell.State, envelope.Message!, _parts.Clock.Now());
        }
        catch (Exception why)
        {
            _parts.Events.DecisionFailed(_parts.Kind, cell.Id, envelope.Message!.GetType().Name, why);
            Answer(envelope, NotDone.Faulted);
            return;
        }

        if (decision.Events.Count == 0)
        {
            cell.Redecisions = 0;
            Answer(envelope, decision.Answer);
            RunEffects(cell.Id, decision.Effects);
            return;
        }

        if (!TryApply(cell, decision.Events, out var after))
        {
            Answer(envelope, NotDone.Faulted);
            return;
        }

        cell.Phase = CellPhase.Writing;
        Interlocked.Increment(ref _busyCount);
        _parts.Commits.Add(new ShardChange
        {
            Kind = _parts.Kind,
            Id = cell.Id,
            Shard = _number,
            Epoch = Epoch,
            ExpectedVersion = cell.Version,
            Owner = this,
            Before = cell.State,
            After = after,
            Events = decision.Events,
            Cell = cell,
            Cause = envelope,
            Decision = decision,
        });
    }

    private bool TryApply(Cell<TState, TMessage> cell, OneOrMany<TEvent> events, out TState after)
    {
        after = cell.State;
        try
        {
            foreach (var happened in events)
            {
                after = TEntity.Apply(after, happened);
            }

            return true;
        }
        catch (Exception why)
        {
            Quarantine(cell, why);
            return false;
        }
    }

    private void TakeUp(ShardChange change)
    {
        var cell = change.Cell;
        if (Epoch != change.Epoch)
        {
            // Given up meanwhile. What was committed under the old epoch holds, and so do its effects; all else is the next owner's.
            var committed = change.Outcome == ChangeOutcome.Committed;
            Answer(change.Cause, committed ? change.Decision.Answer : NotDone.NotOwner);
            Vacate(cell);
            if (committed)
            {
                RunEffects(cell.Id, change.Decision.Effects);
            }

            return;
        }

        cell.Phase = CellPhase.Idle;
        switch (change.Outcome)
        {
            case ChangeOutcome.Committed:
                Happened(cell, change);
                break;
            case ChangeOutcome.Rejected:
                Answer(change.Cause, change.Rejection);
                break;
            case ChangeOutcome.Poisoned:
                Answer(change.Cause, NotDone.Faulted);
                break;
            case ChangeOutcome.Conflict:
                DecideAgain(cell, change.Cause);
                break;
            case ChangeOutcome.Fenced:
                Answer(change.Cause, NotDone.NotOwner);
                Vacate(cell);
                LoseOwnership(change.Epoch);
                return;
            case ChangeOutcome.Pending:
                // The node gave up on a failing store while stopping.
                Answer(change.Cause, NotDone.Late);
                break;
            default:
                throw new InvalidOperationException($"A change cannot end {change.Outcome}.");
        }

        GoOn(cell);
    }

    private void Happened(Cell<TState, TMessage> cell, ShardChange change)
    {
        cell.State = change.After;
        cell.Version = change.NewVersion;
        cell.Redecisions = 0;
        Answer(change.Cause, change.Decision.Answer);
        RunEffects(cell.Id, change.Decision.Effects);
        if (TEntity.DueAt(cell.State) is { } due)
        {
            _parts.Wheel.Add(_parts.Wakes, cell.Id, due);
        }
    }

    /// <summary>The state in memory was stale: reads the row and decides the same message on it.</summary>
    private void DecideAgain(Cell<TState, TMessage> cell, in Envelope<TMessage> cause)
    {
        if (++cell.Redecisions > _parts.Options.Redecisions)
        {
            cell.Redecisions = 0;
            Answer(cause, NotDone.Busy);
            cell.Version = 0;
            cell.State = TEntity.Absent;
            RefuseStash(cell, NotDone.Busy);
            return;
        }

        cell.Again = cause;
        Load(cell);
    }

    private void TakeUp(Loaded<TState> row)
    {
        if (!_cells.TryGetValue(row.Id, out var cell) || cell.Phase != CellPhase.Loading)
        {
            return;
        }

        if (Epoch == 0)
        {
            if (cell.Again is { } refused)
            {
                Answer(refused, NotDone.NotOwner);
            }

            Vacate(cell);
            return;
        }

        if (row.Unreadable is { } why)
        {
            Quarantine(cell, why);
            return;
        }

        cell.State = row.State ?? TEntity.Absent;
        cell.Version = row.Version;
        cell.Phase = CellPhase.Idle;
        if (cell.Again is { } again)
        {
            cell.Again = null;
            Turn(cell, again);
        }

        GoOn(cell);
    }

    /// <summary>Takes the messages that waited, until one of them has to be written.</summary>
    private void GoOn(Cell<TState, TMessage> cell)
    {
        while (cell.Phase == CellPhase.Idle && cell.Stash is { Count: > 0 } waiting)
        {
            Turn(cell, waiting.Dequeue());
        }

        if (cell.Stash is { Count: 0 })
        {
            cell.Stash = null;
        }

        Rest(cell);
    }

    private void Quarantine(Cell<TState, TMessage> cell, Exception why)
    {
        cell.Phase = CellPhase.Quarantined;
        _idle.Remove(cell);
        _idle.Add(cell);
        _parts.Events.Quarantined(_parts.Kind, cell.Id, why);
        if (cell.Again is { } again)
        {
            cell.Again = null;
            Answer(again, NotDone.Quarantined);
        }

        RefuseStash(cell, NotDone.Quarantined);
    }

    private void RefuseStash(Cell<TState, TMessage> cell, NotDone why)
    {
        while (cell.Stash is { Count: > 0 } waiting)
        {
            Refuse(waiting.Dequeue(), why);
        }
    }

    private void LoseOwnership(long epoch)
    {
        // Unless the shard was given to this node anew meanwhile.
        Interlocked.CompareExchange(ref _epoch, 0, epoch);
        _parts.Events.Fenced(_number);
        DropStale();
    }

    /// <summary>Removes a cell of a shard that is not this node's any more.</summary>
    private void Vacate(Cell<TState, TMessage> cell)
    {
        cell.Phase = CellPhase.Idle;
        RefuseStash(cell, NotDone.NotOwner);
        Drop(cell);
    }

    private void RunEffects(string id, OneOrMany<Effect> effects)
    {
        foreach (var effect in effects)
        {
            try
            {
                _parts.Effects.Run(id, effect);
            }
            catch (Exception why)
            {
                _parts.Events.CallbackFailed(_parts.Kind, id, why);
            }
        }
    }
}
