using Mailroom.Actors.Streams;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Redis;

/// <summary>One process's connection to the stream.</summary>
internal sealed class NodeStream(RedisServer server, SimProcess process) : ICommandStream
{
    public string Name => RedisServer.Stream;

    public async ValueTask<IReadOnlyList<StreamEntry>> ReadAsync(StreamEntryId after, int limit, TimeSpan block, CancellationToken cancel)
    {
        var call = new TaskCompletionSource<object>();
        using var stop = cancel.UnsafeRegister(_ => call.TrySetCanceled(cancel), null);
        Send(call, () =>
        {
            var ready = server.After(after, limit);
            if (ready.Count > 0 || block <= TimeSpan.Zero)
            {
                return ready;
            }

            server.Wait(new(after, limit, answer => Answer(call, answer)), block);
            return null;
        });
        return (IReadOnlyList<StreamEntry>)await call.Task.ConfigureAwait(false);
    }

    public async ValueTask<StreamFacts?> FactsAsync(CancellationToken cancel)
    {
        var call = new TaskCompletionSource<object>();
        Send(call, () => server.Facts() ?? (object)NoStream.Instance);
        return await call.Task.ConfigureAwait(false) as StreamFacts;
    }

    public async ValueTask SaveOffsetCopyAsync(StreamEntryId offset, CancellationToken cancel)
    {
        var call = new TaskCompletionSource<object>();
        Send(call, () => NoStream.Instance);
        await call.Task.ConfigureAwait(false);
    }

    /// <param name="work">Null: the answer comes later.</param>
    private void Send(TaskCompletionSource<object> call, Func<object?> work)
    {
        if (!process.Machine.ReachesRedis || server.DrawFailure())
        {
            Answer(call, new StreamUnavailableException("Redis cannot be reached."));
            return;
        }

        process.Timeline.After(server.DrawTravel(), () =>
        {
            if ((server.IsDown ? new StreamUnavailableException("Redis is down.") : work()) is { } answer)
            {
                Answer(call, answer);
            }
        });
    }

    private void Answer(TaskCompletionSource<object> call, object answer) => process.After(server.DrawTravel(), () =>
    {
        if (answer is Exception why)
        {
            call.TrySetException(why);
        }
        else
        {
            call.TrySetResult(answer);
        }
    });

    private sealed class NoStream
    {
        public static readonly NoStream Instance = new();
    }
}
