using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Tests.Deliveries;

/// <summary>Answers claims when the test says so, or refuses them on the spot; answers for orgs at once, as the test says.</summary>
internal sealed class ScriptedHost : IActorHost
{
    private readonly Queue<IReplyTo> _waiting = new();
    private int _depth;

    /// <summary>The deliveries that were asked to be claimed, in order.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>The orgs that were asked for their terms, in order.</summary>
    public List<AskTerms> Questions { get; } = [];

    /// <summary>What each org answers; no limit at first.</summary>
    public Dictionary<OrgId, SendingTerms> Terms { get; } = [];

    /// <summary>Orgs that are asked and do not answer.</summary>
    public HashSet<OrgId> Silent { get; } = [];

    public bool RefusesAtOnce { get; set; }

    public int DeepestStack { get; private set; }

    public int Waiting => _waiting.Count;

    public void Limit(OrgId org, int rps) => Terms[org] = new(org, false, RateLimit.Spacing(rps), TimeSpan.Zero, Org.Window);

    public void Pause(OrgId org) => Terms[org] = new(org, true, null, TimeSpan.Zero, Org.Window);

    public void Resume(OrgId org) => Terms.Remove(org);

    public void AnswerOldest(object answer) => _waiting.Dequeue().Reply(answer);

    public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
        where TMessage : class
    {
        if (message is AskTerms question)
        {
            Questions.Add(question);
            if (Silent.Contains(question.Org))
            {
                return;
            }

            replyTo.Reply(Terms.GetValueOrDefault(question.Org) ?? new(question.Org, false, null, TimeSpan.Zero, Org.Window));
            return;
        }

        Asked.Add(id);
        if (!RefusesAtOnce)
        {
            _waiting.Enqueue(replyTo);
            return;
        }

        DeepestStack = Math.Max(DeepestStack, ++_depth);
        replyTo.Reply(NotDone.Busy);
        _depth--;
    }

    public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
        where TMessage : class => throw new InvalidOperationException("The dispatcher only asks.");

    public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness)
        where TMessage : class => throw new InvalidOperationException("The dispatcher does not wait.");

    public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
        where TMessage : class => throw new InvalidOperationException("The dispatcher only asks.");
}
