using System.Net.Sockets;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>
/// Adds numbered commands to a stream, in batches. What Redis did not confirm is added again, once Redis answers again, so that a command may
/// be in the stream twice; each is there once at least.
/// </summary>
internal sealed class Producer(TestRedis redis, string stream = TestCommand.Stream)
{
    /// <summary>Commands in one batch.</summary>
    public const int Batch = 50;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Milestones _added = new();
    private RespConnection? _connection;

    /// <summary>Commands that Redis has confirmed, the numbers below this one.</summary>
    public int Added => _added.Count;

    /// <summary>Batches that were added again.</summary>
    public int Repeated { get; private set; }

    /// <summary>The deliveries of the first <paramref name="count"/> commands by recipient, as <see cref="Books"/> wants them.</summary>
    public static Dictionary<string, string> Deliveries(int count) => Enumerable.Range(0, count).ToDictionary(TestCommand.Recipient, TestCommand.Id);

    /// <summary>Completes when that many commands are confirmed.</summary>
    public Task HaveAdded(int count) => _added.Reached(count);

    /// <summary>Adds the commands from number 0 on.</summary>
    /// <param name="count">How many.</param>
    /// <param name="pace">Awaited before a batch, with the number of commands added so far.</param>
    public async Task Run(int count, Func<int, Task>? pace = null)
    {
        for (var first = 0; first < count; first += Batch)
        {
            await (pace?.Invoke(first) ?? Task.CompletedTask);
            await Add([.. Enumerable.Range(first, Math.Min(Batch, count - first)).Select(TestCommand.Numbered)]);
        }

        _connection?.Dispose();
        _connection = null;
    }

    private async Task Add(IReadOnlyList<string[]> commands)
    {
        string[][] entries = [.. commands.Select(fields => (string[])["XADD", stream, "*", .. fields])];
        if (!await TryAdd(entries))
        {
            Repeated++;
            await Eventually.True(() => TryAdd(entries), "Redis to take commands again", Patience);
        }

        for (var index = 0; index < commands.Count; index++)
        {
            _added.Add();
        }
    }

    private async Task<bool> TryAdd(string[][] entries)
    {
        try
        {
            _connection ??= await RespConnection.Open(redis);
            await _connection.Run(entries);
            return true;
        }
        catch (Exception lost) when (lost is IOException or SocketException)
        {
            _connection?.Dispose();
            _connection = null;
            return false;
        }
    }
}
