using System.Net;
using System.Security.Cryptography;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>The intake of a service whose store takes nothing, as callers and operators see it.</summary>
internal sealed class Refusal
{
    private const string Fails = "the store does not answer";

    private readonly RunningMailroom _service;
    private readonly Task<HttpResponseMessage>? _underWay;

    private Refusal(RunningMailroom service, Task<HttpResponseMessage>? underWay) => (_service, _underWay) = (service, underWay);

    /// <summary>Posts mails of a size that needs room until the log says that the store fails; then all are refused at once, and the log says it once.</summary>
    /// <param name="service">The service.</param>
    /// <param name="reasons">What the store may say, of which one is in the log.</param>
    /// <param name="answersReads">The store is read all the while, which must not be taken for the end of it.</param>
    public static async Task<Refusal> Begins(RunningMailroom service, string[] reasons, bool answersReads = true)
    {
        const int Further = 100;
        var number = 0;
        Task<HttpResponseMessage>? underWay = null;
        await Eventually.True(
            async () =>
            {
                underWay ??= Post(service, number++);
                if (underWay.IsCompleted)
                {
                    (await underWay).Dispose();
                    underWay = null;
                }

                return Told(service) > 0 && service.Log.Lines.Any(line => reasons.Any(reason => line.Contains(reason, StringComparison.Ordinal)));
            },
            $"the log to say that the store fails: {string.Join(" or ", reasons)}",
            detail: () => service.Log.Tail(20));
        await Eventually.True(() => IsRefused(service, number++), "mail to be refused", detail: () => service.Log.Tail(20));

        var told = Told(service);
        for (var further = 0; further < Further; further++)
        {
            if (answersReads)
            {
                (await service.ReadInside("/api/v1/internal/deliveries?limit=1")).GetProperty("data").GetArrayLength().ShouldBe(1);
            }

            (await IsRefused(service, number++)).ShouldBeTrue(service.Log.Tail(20));
        }

        Told(service).ShouldBe(told);
        (await service.IsReady()).ShouldBeFalse(service.Log.Tail(20));
        return new(service, underWay);
    }

    /// <summary>Mail is accepted and sent again, without anybody having done anything to the service.</summary>
    public async Task IsOver(LedgerSink sink)
    {
        const string Recipient = "after@example.test";
        await Eventually.True(
            async () =>
            {
                using var response = await _service.Post(TestMail.To(Recipient), Recipient);
                return response.StatusCode == HttpStatusCode.Accepted;
            },
            "mail to be accepted again",
            detail: () => _service.Log.Tail(20));
        await _service.Until(await _service.Accept(TestMail.To(Recipient), Recipient), "sent");
        sink.Ledger.Mails.Count(mail => mail.Recipients.Contains(Recipient)).ShouldBe(1);

        if (_underWay is { } first)
        {
            (await first).Dispose();
        }
    }

    private static int Told(RunningMailroom service) => service.Log.Lines.Count(line => line.Contains(Fails, StringComparison.Ordinal));

    private static async Task<bool> IsRefused(RunningMailroom service, int number)
    {
        using var response = await Post(service, number);
        return response.StatusCode == HttpStatusCode.ServiceUnavailable && response.Headers.RetryAfter?.Delta > TimeSpan.Zero;
    }

    private static Task<HttpResponseMessage> Post(RunningMailroom service, int number)
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(60_000), Base64FormattingOptions.InsertLineBreaks);
        return service.Post(new { from = "Shop <shop@example.com>", to = new[] { $"full{number}@example.test" }, subject = "Your order", text });
    }
}
