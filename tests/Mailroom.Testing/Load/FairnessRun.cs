using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Mailroom.Testing;

/// <summary>A service with a PostgreSQL store, and the sink that it sends to.</summary>
/// <param name="Public">Its public listener.</param>
/// <param name="Internal">Its internal listener.</param>
/// <param name="Key">A key of the default org.</param>
/// <param name="Process">Its process.</param>
/// <param name="Database">A connection string.</param>
/// <param name="Sink">Its next hop.</param>
public sealed record ServiceUnderLoad(Uri Public, Uri Internal, string Key, int Process, string Database, LedgerSink Sink);

/// <summary>
/// One org's backlog against another org's mail: how long that takes from its posting to the next hop, alone, while the backlog is
/// paused and while it drains; and how long a login code of the org with the backlog takes.
/// </summary>
/// <param name="Queued">Mails of the backlog.</param>
/// <param name="Alone">The other org's mail before there is a backlog.</param>
/// <param name="WhilePaused">The same while the backlog is paused.</param>
/// <param name="WhileDraining">The same while it drains.</param>
/// <param name="Codes">Login codes of the backlog's own org while it drains.</param>
/// <param name="PausedCores">Processor time that the service takes in a quiet second while nothing but the paused backlog is there; 1 is one core.</param>
/// <param name="DrainedPerSecond">Mails of the backlog a second while the others were measured.</param>
/// <param name="Left">Mails of the backlog that still waited when all had been measured.</param>
/// <param name="PausedMegabytes">Memory of the service with the paused backlog.</param>
/// <param name="PeakMegabytes">The most memory that the service took.</param>
public sealed record FairnessRun(
    int Queued, Latencies Alone, Latencies WhilePaused, Latencies WhileDraining, Latencies Codes, double PausedCores, double DrainedPerSecond, long Left,
    double PausedMegabytes, double PeakMegabytes)
{
    private const string BacklogOrg = "org_default";
    private const string OtherOrg = "other";
    private const string OtherSender = "other@example.com";
    private const string InternalRoot = "/api/v1/internal/";

    /// <summary>Where login codes come from (<c>MAIL_SMTP_FROM_EMAIL</c>).</summary>
    private const string CodeSender = "noreply@example.com";

    /// <summary>Far more than the spacing of an org's highest limit.</summary>
    private static readonly TimeSpan BetweenMails = TimeSpan.FromMilliseconds(25);

    /// <param name="service">What is measured.</param>
    /// <param name="queued">Mails of the backlog.</param>
    /// <param name="mails">The other org's mails for each measurement.</param>
    /// <param name="idle">Seconds for which the paused backlog is left alone.</param>
    public static async Task<FairnessRun> Of(ServiceUnderLoad service, int queued, int mails, int idle)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        var other = new ArrivalProbe(OtherSender);
        var codes = new ArrivalProbe(CodeSender);
        service.Sink.Faults = new LedgerFaults { Dot = mail => mail.Sender == CodeSender ? codes.Note(mail) : other.Note(mail) };
        await Ask(http, service.Internal, "orgs", new { id = OtherOrg, name = OtherOrg, rps = 100 }).ConfigureAwait(false);
        var made = await Ask(http, service.Internal, $"orgs/{OtherOrg}/keys", new { name = "fairness" }).ConfigureAwait(false);
        var key = made.GetProperty("key").GetString()!;
        Task PostOther() => Post(http, service.Public, key, OtherSender);
        var code = 0;
        Task PostCode() => Ask(
            http, service.Internal, "login-code-deliveries", new { email = "jane@example.test", code = "918273", locale = "en" },
            string.Create(CultureInfo.InvariantCulture, $"challenge-{++code}"));

        await other.Measure(PostOther, mails, BetweenMails).ConfigureAwait(false);
        await codes.Measure(PostCode, mails / 4, BetweenMails).ConfigureAwait(false);
        var alone = await other.Measure(PostOther, mails, BetweenMails).ConfigureAwait(false);

        await Ask(http, service.Internal, $"orgs/{BacklogOrg}/outbound/pause", new { reason = "fairness" }).ConfigureAwait(false);
        var model = await Post(http, service.Public, service.Key, "shop@example.com").ConfigureAwait(false);
        await Backlog.Copy(service.Database, model, queued).ConfigureAwait(false);
        var paused = await other.Measure(PostOther, mails, BetweenMails).ConfigureAwait(false);
        var cores = await Cores(service.Process, idle).ConfigureAwait(false);
        var resident = ProcessCost.ResidentMegabytes(service.Process);

        var since = Stopwatch.GetTimestamp();
        await Ask(http, service.Internal, $"orgs/{BacklogOrg}/outbound/resume", new { }).ConfigureAwait(false);
        var draining = await other.Measure(PostOther, mails, BetweenMails).ConfigureAwait(false);
        var ownCodes = await codes.Measure(PostCode, mails / 4, BetweenMails).ConfigureAwait(false);
        var left = await Backlog.Left(service.Database).ConfigureAwait(false);
        var drained = (queued - left) / Stopwatch.GetElapsedTime(since).TotalSeconds;
        return new(queued, alone, paused, draining, ownCodes, cores, drained, left, resident, ProcessCost.PeakMegabytes(service.Process));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
        {Queued:N0} mails of one org queued
          another org's mail, alone          {Alone}
            while the backlog is paused      {WhilePaused}
            while it drains                  {WhileDraining}
          login codes of the same org        {Codes}
          drained a second                   {DrainedPerSecond:N0}, {Left:N0} left at the end
          CPU while paused and idle          {PausedCores:P1} of a core
          memory, paused / peak              {PausedMegabytes:N0} / {PeakMegabytes:N0} MB
        """);

    /// <summary>The quietest second: after work the runtime compiles for a while what was used much, but a spin would have no quiet one.</summary>
    private static async Task<double> Cores(int process, int seconds)
    {
        var least = double.MaxValue;
        using var ticks = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var i = 0; i < seconds; i++)
        {
            var before = ProcessCost.CpuSeconds(process);
            var since = Stopwatch.GetTimestamp();
            await ticks.WaitForNextTickAsync().ConfigureAwait(false);
            least = Math.Min(least, (ProcessCost.CpuSeconds(process) - before) / Stopwatch.GetElapsedTime(since).TotalSeconds);
        }

        return least;
    }

    private static async Task<string> Post(HttpClient http, Uri listener, string key, string sender)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(listener, "/api/v1/emails"))
        {
            Content = JsonContent.Create(new { from = sender, to = "ada@example.test", subject = "Your order", text = "Hello,\n\nyour order is on its way.\n" }),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        };
        return (await Answer(http, request).ConfigureAwait(false)).GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> Ask(HttpClient http, Uri listener, string path, object body, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(listener, InternalRoot + path)) { Content = JsonContent.Create(body) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return await Answer(http, request).ConfigureAwait(false);
    }

    private static async Task<JsonElement> Answer(HttpClient http, HttpRequestMessage request)
    {
        using var response = await http.SendAsync(request).ConfigureAwait(false);
        var body = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? JsonElement.Parse(body)
            : throw new InvalidOperationException($"{request.RequestUri} answered {(int)response.StatusCode}: {body}");
    }
}
