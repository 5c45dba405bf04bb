using Mailroom.Actors;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Streams;
using Mailroom.Api;
using Mailroom.Api.Auth;
using Mailroom.Api.Stream;
using Mailroom.Data;
using Mailroom.Host.Cluster;
using Mailroom.Host.Settings;
using Mailroom.Host.Telemetry;
using Mailroom.Providers.Capture;
using Mailroom.Providers.Templates;
using Microsoft.Extensions.Logging;

namespace Mailroom.Host.Running;

/// <summary>
/// One running Mailroom, wired: telemetry, Redis, store, schema, templates, provider, shards, listeners, workers, in this order (C06); stopped in
/// the other. A start that fails has opened no listener.
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
    private readonly ProcessParts _parts;
    private readonly TimeProvider _clock;
    private readonly Readiness _readiness = new();
    private readonly Listeners _listeners;
    private readonly List<WorkerLoop> _loops = [];
    private readonly Consumers _consumers;
    private TelemetryPipeline? _telemetry;
    private CommandStreams? _streams;
    private IMailroomStore? _store;
    private IMailProvider? _provider;
    private ClusterLinks? _links;
    private MailroomNode? _node;
    private long? _stoppingSince;

    public MailroomProcess(MailroomSettings settings, ILoggerFactory logs, ProcessParts? parts = null)
    {
        _settings = settings;
        _logs = logs;
        _log = logs.CreateLogger("Mailroom");
        _parts = parts ?? new ProcessParts();
        _clock = _parts.Clock;
        _listeners = new(settings.Http, settings.Smtp.Sender, settings.Profile == Profile.Dev ? NewApiKey.TestPrefix : NewApiKey.LivePrefix, _log);
        _consumers = new(_log);
    }

    /// <summary>The key that the dev profile prints; null in production.</summary>
    public string? DevelopmentKey { get; private set; }

    /// <summary>Where callers reach the public listener.</summary>
    public Uri PublicUrl => _listeners.PublicUrl;

    /// <summary>Completes when another process has taken this one's place. Only after <see cref="StartAsync"/>.</summary>
    public Task Replaced => _node!.Replaced;

    /// <summary>What is left of the shutdown timeout; never below zero.</summary>
    public TimeSpan TimeLeft
    {
        get
        {
            var left = _stoppingSince is { } since ? _settings.ShutdownTimeout - _clock.GetElapsedTime(since) : AfterFailedStart;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public async Task StartAsync(CancellationToken cancel)
    {
        _telemetry = TelemetryPipeline.Open(_settings.Telemetry, _log);
        Directory.CreateDirectory(_settings.DataDirectory);
        _streams = await CommandStreams.ConnectAsync(_settings.Redis, _settings.Stream, _clock, _log, cancel).ConfigureAwait(false);
        _store = _parts.OpenStore(_settings, _clock);
        await MigrateAsync(_store.Admin, cancel).ConfigureAwait(false);
        var templates = TemplateCatalog.Load(_settings.TemplateDirectory, requireLoginCode: true);
        LogTemplates(_log, templates.Count, _settings.TemplateDirectory);
        if (_settings.Profile == Profile.Dev)
        {
            DevelopmentKey = await DevKey.EnsureAsync(_settings.DataDirectory, _store.ApiKeys, _clock, cancel).ConfigureAwait(false);
        }

        var captured = _settings.Smtp.Mode == SmtpMode.Capture ? new CapturedMailFolder(Path.Combine(_settings.DataDirectory, "captured")) : null;
        _provider = _parts.OpenProvider(_settings, captured, _clock);

        // Before the shards are taken: a second start by mistake must not stop a process that runs.
        _listeners.Reserve();
        _links = ClusterLinks.Reserve(_settings.Cluster, _settings.Http.MaxBody, _log);
        _node = Node(_store, new ObservedProvider(_provider, _telemetry.Metrics, _clock), templates, _telemetry.Metrics);
        if (_links is { } links)
        {
            await links.OpenAsync(_node.Inbox, await _store.Ownership.ViewAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }

        await _node.JoinAsync(cancel).ConfigureAwait(false);

        // The page of captured mail needs no login, so it exists in dev only.
        await _listeners.OpenAsync(Dependencies(_store, _node, _telemetry.Metrics, templates, _settings.Profile == Profile.Dev ? captured : null), cancel).ConfigureAwait(false);
        StartWorkers(_store, _node, _provider);
        StartStreams(_store, _node, templates, new StreamTelemetry(_telemetry.Metrics));
        Watch(_node, _store, _telemetry.Metrics);
        _readiness.MarkReady();
    }

    /// <summary>
    /// Gives the shards away, closes the listeners, stops the workers, lets attempts finish and stores their outcomes; all of it within the shutdown
    /// timeout. While it gives away and drains, requests are still taken: the nodes that have the shards by then do the work.
    /// </summary>
    public async Task StopAsync()
    {
        var since = _clock.GetTimestamp();
        _stoppingSince = since;
        _readiness.MarkStopping();
        LogStopping(_log, _settings.ShutdownTimeout);
        var drain = Task.Delay(_settings.Http.Drain < TimeLeft / 3 ? _settings.Http.Drain : TimeLeft / 3, _clock);
        await (_node?.HandOverAsync(TimeLeft / 3) ?? Task.CompletedTask).ConfigureAwait(false);
        await drain.ConfigureAwait(false);
        await _listeners.CloseAsync(TimeLeft / 3).ConfigureAwait(false);
        var each = TimeLeft / 3;
        await Task.WhenAll([_consumers.StopAsync(each), .. _loops.Select(loop => loop.StopAsync(each))]).ConfigureAwait(false);
        if (_node is not null)
        {
            var clean = await _node.StopAsync(TimeLeft * 0.85).ConfigureAwait(false);
            LogSchedulerStopped(_log);
            LogPoolStopped(_log, clean, (long)_clock.GetElapsedTime(since).TotalMilliseconds);
        }
    }

    /// <summary>Closes what the workers used, once they use it no more (C21).</summary>
    public async ValueTask DisposeAsync()
    {
        await _listeners.DisposeAsync().ConfigureAwait(false);
        _loops.ForEach(loop => loop.Dispose());
        _node?.Dispose();
        await (_links?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);

        // A connection whose server hangs is closed by the end of the process instead.
        await CloseAsync(_provider as IAsyncDisposable, TimeLeft / 2).ConfigureAwait(false);
        await CloseAsync(_streams, TimeLeft / 2).ConfigureAwait(false);
        await CloseAsync(_store, TimeLeft / 2).ConfigureAwait(false);
        await (_telemetry?.CloseAsync(TimeLeft) ?? Task.CompletedTask).ConfigureAwait(false);
    }

    private async ValueTask CloseAsync(IAsyncDisposable? part, TimeSpan within)
    {
        if (part is not null)
        {
            await part.DisposeAsync().AsTask().WaitAsync(within, _clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

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

    private MailroomNode Node(IMailroomStore store, IMailProvider provider, ITemplates templates, MailMetrics metrics)
    {
        var kernel = _settings.Kernel;
        var ports = new NodePorts(
            store.Commits, store.Deliveries, store.Orgs, store.Ownership, provider, templates, new SystemIds(_clock), ThreadPoolScheduler.Instance, _clock,
            new KernelLog(_log), new BothAttemptEvents(new AttemptLog(_log), new AttemptMetrics(metrics)))
        {
            Peers = _links?.Peers ?? NoPeers.Instance,
            ClusterEvents = new ClusterLog(_log),
        };
        return new(ports, new NodeOptions(
            new(_settings.Cluster.Node, _links?.Url ?? ""),
            new KernelOptions { Shards = kernel.Shards, MailboxCapacity = kernel.Mailbox, StashCapacity = kernel.Stash, EntitiesPerShard = kernel.Entities },
            new DispatchOptions(_settings.Delivery.Workers, _settings.Smtp.Timeout + ClaimMargin),
            new IntakeOptions(_settings.Delivery.IdempotencyTtl, _settings.Delivery.OnUncertain)
            {
                SuppressedBecause = _settings.Smtp.Mode == SmtpMode.Stub ? "stub_mode" : null,
            })
        {
            Cluster = new() { ReplacedWithin = _settings.Cluster.Lease },
        });
    }

    private ApiDependencies Dependencies(
        IMailroomStore store, MailroomNode node, MailMetrics metrics, ITemplates templates, ICapturedMails? captured) => new()
    {
        Intake = new CountedIntake(node.Intake, metrics),
        Actors = node.Actors,
        Deliveries = store.Deliveries,
        Orgs = store.Orgs,
        Operators = store.Operators,
        Keys = store.ApiKeys,
        Templates = templates,
        Store = store.Admin,
        IsStoreAvailable = () => node.IsStoreAvailable,
        Cluster = async cancel => await store.Ownership.ViewAsync(cancel).ConfigureAwait(false) with { Self = node.Cluster.Self },
        Captured = captured,
        Clock = node.Clock,
        Readiness = _readiness,
        Logs = _logs,
    };

    private void StartWorkers(IMailroomStore store, MailroomNode node, IMailProvider provider)
    {
        LogScheduler(_log, _settings.Kernel.Shards);
        LogPool(_log, _settings.Delivery.Workers, provider.Name);
        node.StartWorkers();
        _loops.Add(Retention.Start(store.Retention, _settings.Retention, node, _log));
    }

    private void StartStreams(IMailroomStore store, MailroomNode node, ITemplates templates, StreamTelemetry telemetry)
    {
        var streams = new TracedStreamStore(store.Streams);
        var parser = new CommandParser(templates, _settings.Smtp.Sender, OrgId.Default);
        var events = new StreamMetrics(new StreamLog(_log), telemetry, CommandParser.Source);
        var options = new ConsumerOptions { Block = _settings.Stream.BlockTimeout };
        _consumers.Start(_streams!.All, node, stream => node.Add(stream, streams, parser, events, options));
    }

    private void Watch(MailroomNode node, IMailroomStore store, MailMetrics metrics)
    {
        NodeFigures Figures() => new(
            node.Running, node.Waiting, node.IsStoreAvailable, node.Cluster.Members.Count, node.Cluster.Shards.Count(shard => shard.Owner == node.Cluster.Self));
        var watch = new ScheduleWatch(store.Operators.ScheduleAsync, _settings.Telemetry.ScheduleInterval, _clock, _log);
        var summary = new SchedulerSummary(watch, Figures, _settings.Delivery.Workers, _settings.Log.SummaryInterval, _clock, _log);
        Gauges.Add(metrics.Meter, watch, Figures, _clock);
        _loops.Add(new("schedule watch", watch.RunAsync, _clock, _log));
        _loops.Add(new("scheduler summary", summary.RunAsync, _clock, _log));
    }

    [LoggerMessage(100, LogLevel.Information, "store: migrated to version={Version}")]
    private static partial void LogMigrated(ILogger log, int version);

    [LoggerMessage(101, LogLevel.Information, "store: open kind={Kind}")]
    private static partial void LogStore(ILogger log, string kind);

    [LoggerMessage(102, LogLevel.Information, "templates: catalog read count={Count} directory={Directory}")]
    private static partial void LogTemplates(ILogger log, int count, string directory);

    [LoggerMessage(103, LogLevel.Information, "scheduler: starting shards={Shards}")]
    private static partial void LogScheduler(ILogger log, int shards);

    [LoggerMessage(105, LogLevel.Information, "attempt worker pool: starting workers={Workers} provider={Provider}")]
    private static partial void LogPool(ILogger log, int workers, string provider);

    [LoggerMessage(107, LogLevel.Information, "shutdown: started timeout={Timeout}")]
    private static partial void LogStopping(ILogger log, TimeSpan timeout);

    [LoggerMessage(108, LogLevel.Information, "scheduler: stopped")]
    private static partial void LogSchedulerStopped(ILogger log);

    [LoggerMessage(109, LogLevel.Information, "attempt worker pool: stopped clean={Clean} ms={Milliseconds}")]
    private static partial void LogPoolStopped(ILogger log, bool clean, long milliseconds);
}
