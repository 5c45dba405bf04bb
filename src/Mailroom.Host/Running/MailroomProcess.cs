using System.Net;
using System.Net.Sockets;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Api;
using Mailroom.Api.Auth;
using Mailroom.Data;
using Mailroom.Host.Settings;
using Mailroom.Providers.Capture;
using Mailroom.Providers.Templates;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>
/// One running Mailroom, wired: store, templates, provider, actors, listeners, in this order; stopped in the other. A start
/// that fails has opened no listener.
/// </summary>
internal sealed partial class MailroomProcess : IAsyncDisposable
{
    /// <summary>A claim outlives the provider's own deadline by this much (D17).</summary>
    private static readonly TimeSpan ClaimMargin = TimeSpan.FromSeconds(30);

    /// <summary>What is left for closing where the start failed.</summary>
    private static readonly TimeSpan AfterFailedStart = TimeSpan.FromSeconds(1);

    private readonly MailroomSettings _settings;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Readiness _readiness = new();
    private IMailroomStore? _store;
    private IMailProvider? _provider;
    private MailroomNode? _node;
    private WebApplication? _public;
    private WebApplication? _internal;
    private long? _stoppingSince;

    public MailroomProcess(MailroomSettings settings, ILoggerFactory logs)
    {
        _settings = settings;
        _logs = logs;
        _log = logs.CreateLogger("Mailroom");
    }

    /// <summary>The key that the dev profile prints; null in production.</summary>
    public string? DevelopmentKey { get; private set; }

    /// <summary>Where callers reach the public listener.</summary>
    public Uri PublicUrl { get; private set; } = new("http://localhost/");

    public async Task StartAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(_settings.DataDirectory);
        _store = Stores.Open(_settings, _clock);
        await MigrateAsync(_store.Admin, cancel).ConfigureAwait(false);
        var templates = TemplateCatalog.Load(_settings.TemplateDirectory, requireLoginCode: true);
        LogTemplates(_log, templates.Count, _settings.TemplateDirectory);
        if (_settings.Profile == Profile.Dev)
        {
            DevelopmentKey = await DevKey.EnsureAsync(_settings.DataDirectory, _store.ApiKeys, _clock, cancel).ConfigureAwait(false);
        }

        var captured = _settings.Smtp.Mode == SmtpMode.Capture ? new CapturedMailFolder(Path.Combine(_settings.DataDirectory, "captured")) : null;
        _provider = Providers.Open(_settings, captured, _clock);
        _node = Node(_store, _provider, templates);
        await _node.StartAsync(cancel).ConfigureAwait(false);
        LogWorkers(_log, _settings.Delivery.Workers, _provider.Name);

        // The page of captured mail needs no login, so it exists in dev only.
        await ListenAsync(Dependencies(_store, _node, templates, _settings.Profile == Profile.Dev ? captured : null), cancel).ConfigureAwait(false);
        _readiness.MarkReady();
    }

    /// <summary>Closes the listeners, lets attempts finish, stores their outcomes, closes the rest; all of it within the shutdown timeout.</summary>
    public async Task StopAsync()
    {
        var since = _clock.GetTimestamp();
        _stoppingSince = since;
        _readiness.MarkStopping();
        LogStopping(_log, _settings.ShutdownTimeout);
        using var closing = new CancellationTokenSource(_settings.ShutdownTimeout / 3);
        await Task.WhenAll(CloseAsync(_internal, "internal", closing.Token), CloseAsync(_public, "public", closing.Token)).ConfigureAwait(false);
        var left = _settings.ShutdownTimeout - _clock.GetElapsedTime(since);
        if (_node is not null)
        {
            var clean = await _node.StopAsync(left * 0.9).ConfigureAwait(false);
            LogStopped(_log, clean, (long)_clock.GetElapsedTime(since).TotalMilliseconds);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeAsync(_public).ConfigureAwait(false);
        await DisposeAsync(_internal).ConfigureAwait(false);
        _node?.Dispose();
        await CloseProviderAsync().ConfigureAwait(false);
        await DisposeAsync(_store).ConfigureAwait(false);
    }

    /// <summary>The provider waits for its connections; one whose server hangs is closed by the end of the process instead.</summary>
    private Task CloseProviderAsync()
    {
        var left = _stoppingSince is { } since ? _settings.ShutdownTimeout - _clock.GetElapsedTime(since) : AfterFailedStart;
        return _provider is IAsyncDisposable provider
            ? SuppressedAsync(provider.DisposeAsync().AsTask().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock))
            : Task.CompletedTask;

        static async Task SuppressedAsync(Task closed) => await closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static ValueTask DisposeAsync(IAsyncDisposable? part) => part?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task MigrateAsync(IStoreAdmin admin, CancellationToken cancel)
    {
        if (_settings.Store.AutoMigrate)
        {
            foreach (var version in await admin.MigrateUpAsync(cancel).ConfigureAwait(false))
            {
                LogMigrated(_log, version);
            }
        }

        LogStore(_log, _settings.Store.Kind.ToString().ToLowerInvariant());
    }

    private MailroomNode Node(IMailroomStore store, IMailProvider provider, ITemplates templates)
    {
        var kernel = _settings.Kernel;
        var ports = new NodePorts(
            store.Commits, store.Deliveries, store.Ownership, provider, templates, new SystemIds(_clock), ThreadPoolScheduler.Instance, _clock,
            new KernelLog(_log), new AttemptLog(_log));
        return new(ports, new NodeOptions(
            Environment.MachineName,
            new KernelOptions { Shards = kernel.Shards, MailboxCapacity = kernel.Mailbox, StashCapacity = kernel.Stash, EntitiesPerShard = kernel.Entities },
            new DispatchOptions(_settings.Delivery.Workers, _settings.Smtp.Timeout + ClaimMargin),
            new IntakeOptions(_settings.Delivery.IdempotencyTtl, _settings.Delivery.OnUncertain)));
    }

    private ApiDependencies Dependencies(IMailroomStore store, MailroomNode node, ITemplates templates, ICapturedMails? captured) => new()
    {
        Intake = node.Intake,
        Actors = node.Actors,
        Deliveries = store.Deliveries,
        Orgs = store.Orgs,
        Operators = store.Operators,
        Keys = store.ApiKeys,
        Templates = templates,
        Store = store.Admin,
        Captured = captured,
        Clock = _clock,
        Readiness = _readiness,
        Logs = _logs,
    };

    private async Task ListenAsync(ApiDependencies dependencies, CancellationToken cancel)
    {
        var http = _settings.Http;
        _internal = MailroomApi.BuildInternal(dependencies, new InternalApiOptions
        {
            Endpoints = Endpoints(http.Internal.Address),
            Sender = Sender(),
            KeyPrefix = _settings.Profile == Profile.Dev ? NewApiKey.TestPrefix : NewApiKey.LivePrefix,
            Token = http.Internal.Token?.Reveal(),
            HeaderTimeout = http.Internal.ReadHeaderTimeout,
            RequestTimeout = http.Internal.ReadTimeout,
            IdleTimeout = http.Internal.IdleTimeout,
        });
        await _internal.StartAsync(cancel).ConfigureAwait(false);
        LogListener(_log, "internal HTTP listener", Url(_internal).ToString());
        _public = MailroomApi.BuildPublic(dependencies, new ApiOptions { Endpoints = Endpoints(http.Public.Address), MaxBodyBytes = (int)http.MaxBody });
        await _public.StartAsync(cancel).ConfigureAwait(false);
        PublicUrl = http.Public.Url ?? Url(_public);
        LogListener(_log, "public HTTP listener", Url(_public).ToString());
    }

    /// <summary>Who mail comes from that names nobody.</summary>
    private Mailbox Sender() => new(_settings.Smtp.FromEmail ?? "mailroom@localhost", _settings.Smtp.FromName);

    private async Task CloseAsync(WebApplication? listener, string name, CancellationToken closing)
    {
        if (listener is null)
        {
            return;
        }

        await listener.StopAsync(closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LogClosed(_log, name);
    }

    private static IReadOnlyList<IPEndPoint> Endpoints(ListenAddress address) =>
        [new(address.Address ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any), address.Port)];

    private static Uri Url(WebApplication listener)
    {
        var bound = MailroomApi.BoundEndpoints(listener)[0];
        var host = bound.Address.Equals(IPAddress.IPv6Any) || bound.Address.Equals(IPAddress.Any) ? "localhost"
            : bound.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{bound.Address}]" : bound.Address.ToString();
        return new UriBuilder(Uri.UriSchemeHttp, host, bound.Port).Uri;
    }

    [LoggerMessage(100, LogLevel.Information, "store: migrated to version={Version}")]
    private static partial void LogMigrated(ILogger log, int version);

    [LoggerMessage(101, LogLevel.Information, "store: open kind={Kind}")]
    private static partial void LogStore(ILogger log, string kind);

    [LoggerMessage(102, LogLevel.Information, "templates: catalog read count={Count} directory={Directory}")]
    private static partial void LogTemplates(ILogger log, int count, string directory);

    [LoggerMessage(103, LogLevel.Information, "attempt worker: pool starting workers={Workers} provider={Provider}")]
    private static partial void LogWorkers(ILogger log, int workers, string provider);

    [LoggerMessage(104, LogLevel.Information, "{Listener} on {Url}")]
    private static partial void LogListener(ILogger log, string listener, string url);

    [LoggerMessage(105, LogLevel.Information, "shutdown: started timeout={Timeout}")]
    private static partial void LogStopping(ILogger log, TimeSpan timeout);

    [LoggerMessage(106, LogLevel.Information, "shutdown: {Listener} HTTP listener closed")]
    private static partial void LogClosed(ILogger log, string listener);

    [LoggerMessage(107, LogLevel.Information, "shutdown: workers stopped clean={Clean} ms={Milliseconds}")]
    private static partial void LogStopped(ILogger log, bool clean, long milliseconds);
}
