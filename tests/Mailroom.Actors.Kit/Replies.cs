using System.Collections.Concurrent;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Keeps the answers that were given here, in order.</summary>
public sealed class Replies : IReplyTo
{
    private readonly ConcurrentQueue<object> _answers = new();

    public IReadOnlyList<object> All => [.. _answers];

    public int Count => _answers.Count;

    public object Single => _answers.Single();

    public void Reply(object answer) => _answers.Enqueue(answer);
}
