using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>
/// Clients that post a number of mails, each to a recipient of its own. Nine of ten are careful: they send an Idempotency-Key
/// and repeat the request, once the service is ready again, until it is answered 202. Every tenth is careless: no key, no
/// repetition, so that it does not know what became of a mail whose connection broke.
/// </summary>
internal sealed class Clients(RunningMailroom service, int mails, int connections)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, string> accepted = new();
    private readonly ConcurrentQueue<HttpStatusCode> refusals = new();
    private readonly Milestones progress = new();
    private readonly Lock gate = new();
    private Task ready = Task.CompletedTask;
    private int next = -1;
    private int broken;

    /// <summary>The delivery's id by recipient, of every mail that was answered 202.</summary>
    public IReadOnlyDictionary<string, string> Accepted => accepted;

    /// <summary>Every answer that was not 202.</summary>
    public IReadOnlyCollection<HttpStatusCode> Refusals => refusals;

    /// <summary>Requests whose connection was refused or broke.</summary>
    public int Broken => Volatile.Read(ref broken);

    public static bool IsCareless(int number) => number % 10 == 9;

    public static string Recipient(int number) => string.Create(CultureInfo.InvariantCulture, $"r{number}@example.test");

    /// <summary>Completes when that many mails have been answered 202.</summary>
    public Task HaveAccepted(int count) => progress.Reached(count);

    /// <summary>Posts all mails.</summary>
    public Task Run() => Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(Post)));

    private async Task Post()
    {
        for (var number = Interlocked.Increment(ref next); number < mails; number = Interlocked.Increment(ref next))
        {
            var again = !IsCareless(number);
            while (!await TryPost(number, again ? Recipient(number) : null) && again)
            {
                await UntilReady();
            }
        }
    }

    private async Task<bool> TryPost(int number, string? key)
    {
        try
        {
            using var response = await service.Post(TestMail.To(Recipient(number)), key);
            if (response.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout or HttpStatusCode.Conflict)
            {
                refusals.Enqueue(response.StatusCode);
                return false;
            }

            accepted[Recipient(number)] = await RunningMailroom.IdIn(response);
            progress.Add();
            return true;
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException)
        {
            Interlocked.Increment(ref broken);
            return false;
        }
    }

    /// <summary>One look for all clients that wait.</summary>
    private Task UntilReady()
    {
        lock (gate)
        {
            if (ready.IsCompleted)
            {
                ready = Eventually.True(service.IsReady, "the service to be ready again", Patience, () => service.Log.Tail(20));
            }

            return ready;
        }
    }
}
