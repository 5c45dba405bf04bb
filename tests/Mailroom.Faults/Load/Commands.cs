using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Mailroom.Testing;

namespace Mailroom.Faults.Load;

/// <summary>A producer that adds commands to the stream at a steady rate. What Redis did not confirm it adds again, so each is there once at least.</summary>
internal sealed class Commands(TestRedis redis, double rate) : IAsyncDisposable
{
    private const string Stream = "mail:delivery_commands";

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _stopping = new();
    private RespConnection? _connection;
    private Task _running = Task.CompletedTask;
    private int _added;

    /// <summary>Commands that Redis confirmed, the numbers below this one.</summary>
    public int Added => Volatile.Read(ref _added);

    /// <summary>Batches whose confirmation was lost.</summary>
    public int Repeated { get; private set; }

    public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"stream-{number}");

    public static string Recipient(int number) => string.Create(CultureInfo.InvariantCulture, $"s{number}@example.test");

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Adds no more.</summary>
    public async Task FinishAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await FinishAsync().ConfigureAwait(false);
        _connection?.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var since = Stopwatch.GetTimestamp();
        using var ticks = new PeriodicTimer(Tick);
        try
        {
            while (await ticks.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                var until = (int)(Stopwatch.GetElapsedTime(since).TotalSeconds * rate);
                if (until > _added && await TryAsync(_added, until).ConfigureAwait(false))
                {
                    Volatile.Write(ref _added, until);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private async Task<bool> TryAsync(int first, int until)
    {
        try
        {
            _connection ??= await RespConnection.Open(redis).ConfigureAwait(false);
            await _connection.Run([.. Enumerable.Range(first, until - first).Select(Entry)]).ConfigureAwait(false);
            return true;
        }
        catch (Exception lost) when (lost is IOException or SocketException)
        {
            Repeated++;
            _connection?.Dispose();
            _connection = null;
            return false;
        }
    }

    private static string[] Entry(int number) =>
    [
        "XADD", Stream, "*", "delivery_id", Id(number), "source", "notification", "payload_mode", "rendered", "idempotency_key", $"notification:{Id(number)}",
        "requested_at_ms", "1767225600000",
        "payload_json", JsonSerializer.Serialize(new { to = new[] { Recipient(number) }, subject = "Your turn", text_body = "Hello,\n\nit is your turn.\n" }),
    ];
}
