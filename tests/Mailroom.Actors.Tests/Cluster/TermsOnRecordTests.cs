using Mailroom.Actors.Cluster;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Tests.Cluster;

public sealed class TermsOnRecordTests
{
    /// <summary>Whoever asks does not ask again before it is answered.</summary>
    [Fact]
    public void An_actor_that_cannot_be_reached_and_a_row_that_cannot_be_read_are_answered_with_the_refusal()
    {
        var answers = new Answers();

        new TermsOnRecord(new Unreached(), new Unreadable(), new ManualClock()).Ask(Org.Kind, "org_1", new AskTerms(new OrgId("org_1"), 1, TimeSpan.Zero), answers);

        answers.All.ShouldBe([NotDone.NotOwner]);
    }

    private sealed class Answers : IReplyTo
    {
        public List<object> All { get; } = [];

        public void Reply(object answer) => All.Add(answer);
    }

    private sealed class Unreached : IActorHost
    {
        public bool Tell<TMessage>(EntityKind<TMessage> kind, string id, TMessage message)
            where TMessage : class => false;

        public void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo replyTo)
            where TMessage : class => replyTo.Reply(NotDone.NotOwner);

        public ValueTask<object> AskAsync<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, IReplyTo? witness = null)
            where TMessage : class => new(NotDone.NotOwner);

        public void Passivate<TMessage>(EntityKind<TMessage> kind, string id)
            where TMessage : class
        {
        }
    }

    private sealed class Unreadable : IOrgStore
    {
        public ValueTask LoadAsync(IReadOnlyList<string> ids, Action<Loaded<OrgState>> found, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<DueRow>> DueAsync(IReadOnlyList<int> shards, Instant now, DueRow? after, int limit, CancellationToken cancel) => throw new NotSupportedException();

        public ValueTask<OrgState?> FindAsync(OrgId id, CancellationToken cancel) => throw new FormatException("The row has an unknown status.");

        public ValueTask<IReadOnlyList<OrgState>> ListAsync(OrgId? after, int limit, CancellationToken cancel) => throw new NotSupportedException();
    }
}
