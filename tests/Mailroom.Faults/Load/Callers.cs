using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Mailroom.Faults.Load;

/// <summary>
/// Callers that post at a steady rate to nodes that say they are ready, each mail with an Idempotency-Key, and repeat what was not accepted with any
/// node until it is. So every mail of theirs has to arrive once, whatever happens.
/// </summary>
internal sealed class Callers(IReadOnlyList<FaultyNode> nodes, IReadOnlyList<FaultOrg> orgs, double rate, int seed) : IAsyncDisposable
{
    private const int MostAtOnce = 256;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10) })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    private readonly ConcurrentDictionary<string, string> _accepted = new();
    private readonly ConcurrentDictionary<string, int> _refused = new();
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly ConcurrentDictionary<int, Task> _open = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Random _random = new(seed);
    private volatile FaultyNode[] _ready = [.. nodes];
    private int _posted;
    private Task _running = Task.CompletedTask;
    private Task _looking = Task.CompletedTask;

    /// <summary>The delivery's id by recipient, of all mails answered 202.</summary>
    public IReadOnlyDictionary<string, string> Accepted => _accepted;

    /// <summary>How often a try came to what, other than 202.</summary>
    public IReadOnlyDictionary<string, int> Refused => _refused;

    /// <summary>Answers that no fault excuses.</summary>
    public IReadOnlyCollection<string> Wrong => _wrong;

    public void Start()
    {
        _looking = Task.WhenAll(nodes.Select(LookAsync));
        _running = RunAsync();
    }

    /// <summary>Begins no more mails and waits until each is accepted.</summary>
    public async Task FinishAsync(TimeSpan within)
    {
        var since = Stopwatch.GetTimestamp();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        while (!_open.IsEmpty && Stopwatch.GetElapsedTime(since) < within)
        {
            await Task.WhenAny(Task.WhenAll(_open.Values), Task.Delay(100)).ConfigureAwait(false);
        }

        if (!_open.IsEmpty)
        {
            _wrong.Enqueue($"{_open.Count} mails could not be posted within {within.TotalSeconds:F0} s after the last fault");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _http.Dispose();
        await _looking.ConfigureAwait(false);
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
                while (_posted < Stopwatch.GetElapsedTime(since).TotalSeconds * rate && _open.Count < MostAtOnce)
                {
                    var number = _posted++;
                    var org = Draw();
                    _open[number] = Task.Run(() => PostAsync(number, org));
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private FaultOrg Draw()
    {
        var at = _random.NextDouble() * orgs.Sum(org => org.Share);
        foreach (var org in orgs)
        {
            if ((at -= org.Share) < 0)
            {
                return org;
            }
        }

        return orgs[0];
    }

    private async Task PostAsync(int number, FaultOrg org)
    {
        var recipient = string.Create(CultureInfo.InvariantCulture, $"h{number}@example.test");
        try
        {
            while (!await TryAsync(recipient, org).ConfigureAwait(false))
            {
                await Task.Delay(BetweenLooks).ConfigureAwait(false);
            }
        }
        catch (ObjectDisposedException)
        {
            // The run is over.
            return;
        }
        finally
        {
            _open.TryRemove(number, out _);
        }
    }

    private async Task<bool> TryAsync(string recipient, FaultOrg org)
    {
        var ready = _ready;
        if (ready.Length == 0)
        {
            Count("no node ready");
            return false;
        }

        var node = ready[Random.Shared.Next(ready.Length)];
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Public!, "/api/v1/emails"))
            {
                Content = JsonContent.Create(new { from = org.Sender, to = recipient, subject = "Your order", text = "Hello,\n\nyour order is on its way.\n" }),
            };
            request.Headers.Add("Idempotency-Key", recipient);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", org.Key);
            using var response = await _http.SendAsync(request).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
            switch (response.StatusCode)
            {
                case HttpStatusCode.Accepted:
                    using (var json = JsonDocument.Parse(body))
                    {
                        _accepted[recipient] = json.RootElement.GetProperty("id").GetString()!;
                    }

                    return true;
                case HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.Conflict:
                    Count(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
                    return false;
                default:
                    Count(((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
                    _wrong.Enqueue($"a caller was answered {(int)response.StatusCode} by {node.Name}: {body}");
                    return false;
            }
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            Count("connection broken");
            return false;
        }
        catch (TaskCanceledException)
        {
            Count("no answer");
            return false;
        }
    }

    private void Count(string what) => _refused.AddOrUpdate(what, 1, static (_, count) => count + 1);

    /// <summary>Looks who is ready, as a load balancer does: each node by itself, so that one that hangs does not hide the others.</summary>
    private async Task LookAsync(FaultyNode node)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        using var ticks = new PeriodicTimer(BetweenLooks);
        while (!_stopping.IsCancellationRequested || !_open.IsEmpty)
        {
            var isReady = false;
            try
            {
                using var response = await http.GetAsync(new Uri(node.Public!, "/health/ready")).ConfigureAwait(false);
                isReady = response.StatusCode == HttpStatusCode.OK;
            }
            catch (Exception away) when (away is HttpRequestException or TaskCanceledException)
            {
                isReady = false;
            }

            Set(node, isReady);
            await ticks.WaitForNextTickAsync().ConfigureAwait(false);
        }
    }

    private void Set(FaultyNode node, bool isReady)
    {
        lock (_refused)
        {
            _ready = isReady ? [.. _ready.Except([node]), node] : [.. _ready.Except([node])];
        }
    }
}
