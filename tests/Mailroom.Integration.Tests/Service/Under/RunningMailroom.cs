using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>The service as a real process, its two listeners, and what a test does with it.</summary>
internal sealed class RunningMailroom : IAsyncDisposable
{
    private const string PublicListener = "public HTTP listener: starting on ";
    private const string InternalListener = "internal HTTP listener: starting on ";

    private readonly ServiceProcess process;
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly string key;
    private Listeners listeners;

    private RunningMailroom(ServiceProcess process, string key)
    {
        this.process = process;
        this.key = key;
        listeners = Listeners.Of(process);
    }

    private sealed record Listeners(Uri Public, Uri Internal)
    {
        public static Listeners Of(ServiceProcess process) => new(Url(process, PublicListener), Url(process, InternalListener));

        private static Uri Url(ServiceProcess process, string listener)
        {
            var line = process.Log.Last(line => line.Contains(listener, StringComparison.Ordinal))
                ?? throw new InvalidOperationException($"The log does not say '{listener}'.\n{process.Log.Tail()}");
            return new Uri(line[(line.IndexOf(listener, StringComparison.Ordinal) + listener.Length)..]);
        }
    }

    public Uri Public => Volatile.Read(ref listeners).Public;

    public Uri Internal => Volatile.Read(ref listeners).Internal;

    public string Key => key;

    public LineLog Log => process.Log;

    public int Id => process.Id;

    public Task<int> Exited => process.Exited;

    public static Readiness Ready => Readiness.Line(line => line.Contains(PublicListener, StringComparison.Ordinal));

    /// <summary>Starts the dev profile on a store, sending to a port of this machine.</summary>
    public static async Task<RunningMailroom> Start(TestStore store, int smtpPort, params IEnumerable<(string Name, string Value)> settings)
    {
        return await StartDev(store, MailroomEnvironment.Of(store, smtpPort, settings));
    }

    /// <summary>Starts the dev profile, whose key is in its data folder.</summary>
    public static async Task<RunningMailroom> StartDev(TestStore store, IReadOnlyDictionary<string, string?> environment)
    {
        var process = await ServiceProcess.Start(ServiceCommand.Mailroom(environment).WithSigint(), Ready);
        return new(process, await DevKey(store));
    }

    /// <summary>Starts the dev profile by a program that sets something up and then becomes the service, as <c>prlimit</c>.</summary>
    public static async Task<RunningMailroom> StartBy(string[] program, TestStore store, int smtpPort, params IEnumerable<(string Name, string Value)> settings)
    {
        var command = ServiceCommand.Mailroom(MailroomEnvironment.Of(store, smtpPort, settings));
        command = command with { FileName = Executable.Find(program[0]), Arguments = [.. program[1..], command.FileName] };
        return new(await ServiceProcess.Start(command, Ready), await DevKey(store));
    }

    /// <summary>Starts with a key that was made before.</summary>
    public static async Task<RunningMailroom> StartWith(string key, IReadOnlyDictionary<string, string?> environment) =>
        new(await ServiceProcess.Start(ServiceCommand.Mailroom(environment), Ready), key);

    /// <summary>Starts the dev profile as a process that kills itself at a point: see <c>Mailroom.CrashHost</c>.</summary>
    /// <param name="point">The point's name.</param>
    /// <param name="passing">At which passing of it, from 1.</param>
    public static async Task<RunningMailroom> StartToDie(
        TestStore store, int smtpPort, string point, int passing, params IEnumerable<(string Name, string Value)> settings)
    {
        var environment = MailroomEnvironment.Of(store, smtpPort, [.. settings, .. Deaths.Variables(point, passing)]);
        return new(await ServiceProcess.Start(ServiceCommand.Crashing(environment), Ready), await DevKey(store));
    }

    public Task<int> Kill9() => process.Kill9();

    /// <summary>SIGSTOP: it stands still, with its connections open.</summary>
    public void Pause() => process.Pause();

    /// <summary>SIGCONT after <see cref="Pause"/>.</summary>
    public void Resume() => process.Resume();

    /// <summary>SIGINT, as a terminal's Ctrl+C sends it.</summary>
    public void Interrupt() => process.Interrupt();

    public Task<int> Terminate(TimeSpan? within = null) => process.Terminate(within);

    /// <summary>Starts it again, on other ports.</summary>
    public async Task Restart()
    {
        await process.Restart();
        Volatile.Write(ref listeners, Listeners.Of(process));
    }

    public async Task<HttpResponseMessage> Post(object mail, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Public, "/api/v1/emails")) { Content = JsonContent.Create(mail) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return await Send(request);
    }

    /// <summary>Posts a mail that has to be accepted, and gives its id.</summary>
    public async Task<string> Accept(object mail, string? idempotencyKey = null)
    {
        using var response = await Post(mail, idempotencyKey);
        return await IdIn(response);
    }

    public static async Task<string> IdIn(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, body);
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>Reads from the public listener, with the key.</summary>
    public Task<JsonElement> Read(string path) => Json(new Uri(Public, path));

    /// <summary>Reads from the internal listener.</summary>
    public Task<JsonElement> ReadInside(string path) => Json(new Uri(Internal, path));

    /// <summary>The delivery's attempts, oldest first.</summary>
    public async Task<IReadOnlyList<JsonElement>> Attempts(string id) =>
        [.. (await ReadInside($"/api/v1/internal/deliveries/{id}/attempts")).GetProperty("attempts").EnumerateArray()];

    /// <summary>Waits until a delivery stands at a status, and gives it as operators see it.</summary>
    public async Task<JsonElement> Until(string id, string status, TimeSpan? within = null)
    {
        JsonElement delivery = default;
        await Eventually.True(
            async () => (delivery = await ReadInside($"/api/v1/internal/deliveries/{id}")).GetProperty("status").GetString() == status,
            $"delivery {id} to be {status}",
            within,
            () => $"{delivery}\n{Log.Tail(20)}");
        return delivery;
    }

    /// <summary>As <see cref="Until"/>, for a delivery that comes by the stream and so may not be there yet.</summary>
    public async Task<JsonElement> UntilTaken(string id, string status)
    {
        await Eventually.True(
            async () =>
            {
                using var response = await http.GetAsync(new Uri(Internal, $"/api/v1/internal/deliveries/{id}"));
                return response.StatusCode != HttpStatusCode.NotFound;
            },
            $"delivery {id} to be taken from the stream",
            detail: () => Log.Tail(20));
        return await Until(id, status);
    }

    /// <summary>Whether it says that it can take mail. A process that is gone says so by refusing the connection.</summary>
    public async Task<bool> IsReady()
    {
        try
        {
            using var response = await http.GetAsync(new Uri(Public, "/health/ready"));
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await process.DisposeAsync();
    }

    private static async Task<string> DevKey(TestStore store) => (await File.ReadAllTextAsync(Path.Combine(store.DataFolder, "dev-key"))).Trim();

    private async Task<JsonElement> Json(Uri url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = await Send(request);
        var body = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.OK, string.Create(CultureInfo.InvariantCulture, $"{url}: {body}"));
        using var json = JsonDocument.Parse(body);
        return json.RootElement.Clone();
    }

    private Task<HttpResponseMessage> Send(HttpRequestMessage request)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http.SendAsync(request);
    }
}
