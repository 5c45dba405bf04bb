using System.Threading.Channels;
using Mailroom.Actors.Cluster;

namespace Mailroom.Host.Cluster;

/// <summary>
/// Notes on their way to one node: whatever gathered while the last request ran is the next one. Bounded, and what does not fit or fails is dropped,
/// because a note that is lost costs time only. Ends when nothing was to be said for a while.
/// </summary>
internal sealed class PeerNotes
{
    private const int Capacity = 10_000;
    private const int MostAtOnce = 1000;

    private static readonly TimeSpan LongestIdle = TimeSpan.FromMinutes(1);

    private readonly Channel<PeerNote> _waiting = Channel.CreateBounded<PeerNote>(new BoundedChannelOptions(Capacity)
    {
        FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true,
    });

    private readonly string _address;
    private readonly Func<string, IReadOnlyList<PeerNote>, Task> _send;
    private readonly Action<PeerNotes> _ended;

    public PeerNotes(string address, Func<string, IReadOnlyList<PeerNote>, Task> send, Action<PeerNotes> ended)
    {
        (_address, _send, _ended) = (address, send, ended);
        _ = Task.Run(RunAsync);
    }

    public void Add(PeerNote note) => _waiting.Writer.TryWrite(note);

    private async Task RunAsync()
    {
        var batch = new List<PeerNote>();
        while (await HasMoreAsync().ConfigureAwait(false))
        {
            while (batch.Count < MostAtOnce && _waiting.Reader.TryRead(out var note))
            {
                batch.Add(note);
            }

            await _send(_address, batch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            batch.Clear();
        }

        // What is added between these two lines is lost, as any note may be.
        _ended(this);
        _waiting.Writer.TryComplete();
    }

    private async ValueTask<bool> HasMoreAsync()
    {
        using var idle = new CancellationTokenSource(LongestIdle);
        try
        {
            return await _waiting.Reader.WaitToReadAsync(idle.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
