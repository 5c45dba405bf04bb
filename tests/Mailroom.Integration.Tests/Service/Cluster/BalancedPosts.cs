using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Mailroom.Integration.Tests.Service.Load;
using Mailroom.Integration.Tests.Service.Under;

namespace Mailroom.Integration.Tests.Service.Cluster;

/// <summary>
/// Callers behind a load balancer: each request goes to a node that says it is ready, over connections that are kept until a node asks for
/// their end. Nothing is tried again: every answer other than 202, and every connection that breaks, is an error.
/// </summary>
internal sealed class BalancedPosts : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);

    private readonly IReadOnlyList<RunningMailroom> _nodes;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConcurrentDictionary<string, string> _accepted = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Milestones _progress = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private volatile RunningMailroom[] _ready;
    private int _next = -1;

    private BalancedPosts(IReadOnlyCollection<RunningMailroom> nodes, int connections)
    {
        _nodes = [.. nodes];
        _ready = [.. nodes];
        _running = Task.WhenAll([Look(), .. Enumerable.Range(0, connections).Select(_ => Post())]);
    }

    /// <summary>The delivery's id by recipient.</summary>
    public IReadOnlyDictionary<string, string> Accepted => _accepted;

    public IReadOnlyCollection<string> Errors => _errors;

    public static BalancedPosts Start(IReadOnlyCollection<RunningMailroom> nodes, int connections) => new(nodes, connections);

    /// <summary>Completes when that many mails have been accepted.</summary>
    public Task HaveAccepted(int count) => Testing.Deadline.In().Wait(_progress.Reached(count), $"{count} mails to be accepted", () => string.Join('\n', _errors.Take(5)));

    public async Task Stop()
    {
        await _stopping.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task Post()
    {
        // About as fast as a caller that does something else in between.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!_stopping.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next);
            var ready = _ready;
            var node = ready[number % ready.Length];
            var recipient = Clients.Recipient(number);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Public, "/api/v1/emails")) { Content = JsonContent.Create(TestMail.To(recipient)) };
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", node.Key);
                using var response = await _http.SendAsync(request);
                if (response.StatusCode == HttpStatusCode.Accepted)
                {
                    _accepted[recipient] = await RunningMailroom.IdIn(response);
                    _progress.Add();
                }
                else
                {
                    _errors.Enqueue($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
                }
            }
            catch (Exception broken) when (broken is HttpRequestException or TaskCanceledException)
            {
                _errors.Enqueue(broken.Message);
            }

            await pace.WaitForNextTickAsync();
        }
    }

    private async Task Look()
    {
        using var ticks = new PeriodicTimer(BetweenLooks);
        while (!_stopping.IsCancellationRequested)
        {
            var answers = await Task.WhenAll(_nodes.Select(node => node.IsReady()));
            _ready = [.. _nodes.Where((_, index) => answers[index])];
            await ticks.WaitForNextTickAsync();
        }
    }
}
