using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Cluster;

/// <summary>
/// Asks an org's actor for its terms and, where that does not answer soon, reads what the store has of the org: the actor's node may be dead and not yet
/// replaced, or cut off from this one while both see the database. An org without a limit, and so the one that stands for all, is no reason to
/// stop then; a limited one is, because its window has to be stored by its actor before it is used.
/// </summary>
internal sealed class TermsOnRecord(IActorHost actors, IOrgStore orgs, TimeProvider clock) : IActorHost
{
    /// <summary>Less than half of what terms hold, so that they are renewed before they run out.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class => actors.Tell(kind, id, message);

    public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
        where TMessage : class
    {
        if (message is not AskTerms ask)
        {
            actors.Ask(kind, id, message, replyTo);
            return;
        }

        var question = new Question(ask.Org, replyTo, orgs, clock);
        actors.Ask(kind, id, message, question);
        question.Watch();
    }

    public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness = null)
        where TMessage : class => actors.AskAsync(kind, id, message, witness);

    public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
        where TMessage : class => actors.Passivate(kind, id);

    /// <summary>Answered once: by the actor, or by the record where that says enough.</summary>
    private sealed class Question(OrgId org, IReplyTo replyTo, IOrgStore orgs, TimeProvider clock) : IReplyTo
    {
        private readonly Lock _gate = new();
        private ITimer? _patience;
        private object? _refusal;
        private bool _isAnswered;
        private bool _isReading;
        private bool _saysTooLittle;

        /// <summary>Waits for the actor a little.</summary>
        public void Watch()
        {
            lock (_gate)
            {
                if (!_isAnswered && !_isReading)
                {
                    _patience = clock.CreateTimer(static question => _ = ((Question)question!).ReadAsync(), this, Patience, Timeout.InfiniteTimeSpan);
                }
            }
        }

        public void Reply(object answer)
        {
            if (!ReferenceEquals(answer, NotDone.NotOwner))
            {
                Settle(answer);
                return;
            }

            bool isOver;
            lock (_gate)
            {
                _refusal = answer;
                isOver = _saysTooLittle;
            }

            if (isOver)
            {
                Settle(answer);
            }
            else
            {
                _ = ReadAsync();
            }
        }

        private async Task ReadAsync()
        {
            lock (_gate)
            {
                if (_isAnswered || _isReading)
                {
                    return;
                }

                _isReading = true;
            }

            if (await RecordAsync().ConfigureAwait(false) is { } terms)
            {
                Settle(terms);
                return;
            }

            object? refusal;
            lock (_gate)
            {
                _saysTooLittle = true;
                refusal = _refusal;
            }

            if (refusal is not null)
            {
                Settle(refusal);
            }
        }

        private async ValueTask<SendingTerms?> RecordAsync()
        {
            try
            {
                return await orgs.FindAsync(org, CancellationToken.None).ConfigureAwait(false) is { } state ? Org.TermsOnRecord(state, clock.Now()) : null;
            }
            catch (Exception)
            {
                // The store fails, or the row cannot be read. Then only the actor can say; without an answer nobody would ask again.
                return null;
            }
        }

        private void Settle(object answer)
        {
            lock (_gate)
            {
                if (_isAnswered)
                {
                    return;
                }

                _isAnswered = true;
                _patience?.Dispose();
            }

            replyTo.Reply(answer);
        }
    }
}
