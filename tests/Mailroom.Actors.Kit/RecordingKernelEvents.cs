using System.Collections.Concurrent;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>Keeps what the kernel reports, each as a short line: <c>quarantined counter a</c>.</summary>
public sealed class RecordingKernelEvents : IKernelEvents
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public void DecisionFailed(string kind, string id, string message, Exception why) => _lines.Enqueue($"decision_failed {kind} {id} {message}");

    public void Quarantined(string kind, string id, Exception why) => _lines.Enqueue($"quarantined {kind} {id}");

    public void ChangePoisoned(string kind, string id, Exception why) => _lines.Enqueue($"poisoned {kind} {id}");

    public void Fenced(int shard) => _lines.Enqueue($"fenced {shard}");

    public void StoreFailed(Exception why) => _lines.Enqueue("store_failed");

    public void StoreRecovered() => _lines.Enqueue("store_recovered");

    public void CallbackFailed(string kind, string id, Exception why) => _lines.Enqueue($"callback_failed {kind} {id}");
}
