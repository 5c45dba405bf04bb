using System.Collections.Concurrent;
using System.Text.Json;
using Mailroom.Actors;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Tests.Fakes;

/// <summary>Knows <c>welcome</c> and <c>auth.login_code</c>, in English only.</summary>
public sealed class FakeTemplates : ITemplates
{
    public bool Knows(string templateId) => templateId is "welcome" or "auth.login_code";

    public RenderResult Render(string templateId, string? locale, JsonElement variables) =>
        !Knows(templateId) ? new(null, "unknown_template", "There is no template of this id.")
        : !variables.TryGetProperty("name", out var name) ? new(null, "unknown_variable", "The variable name is not given.")
        : new(new("Welcome", $"Hello {name.GetString()}", null, "en", locale != "en"), null, null);
}

public sealed class FakeStore : IStoreAdmin
{
    public Func<bool> Healthy { get; set; } = () => true;

    public bool TakesWrites { get; set; } = true;

    public ValueTask<bool> IsHealthyAsync(CancellationToken cancel) => new(Healthy());

    public ValueTask<IReadOnlyList<MigrationStatus>> MigrationsAsync(CancellationToken cancel) => throw new NotSupportedException("The edge migrates nothing.");

    public ValueTask<IReadOnlyList<int>> MigrateUpAsync(CancellationToken cancel) => throw new NotSupportedException("The edge migrates nothing.");

    public ValueTask<int?> MigrateDownAsync(CancellationToken cancel) => throw new NotSupportedException("The edge migrates nothing.");
}

/// <summary>Keeps every line that is written.</summary>
public sealed class LogLines(LogLevel least = LogLevel.Information) : ILoggerFactory, ILogger
{
    private readonly TaskCompletionSource<(LogLevel Level, EventId Event, string Text)> _request = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentQueue<(LogLevel Level, EventId Event, string Text)> All { get; } = new();

    /// <summary>The first line about a request. It is written once the request is answered, so a caller may be ahead of it.</summary>
    public Task<(LogLevel Level, EventId Event, string Text)> FirstRequest => _request.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one provider.");

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Mailroom", StringComparison.Ordinal)
        ? this
        : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            var entry = (logLevel, eventId, formatter(state, exception) + exception);
            All.Enqueue(entry);
            if (eventId.Name == "http_request")
            {
                _request.TrySetResult(entry);
            }
        }
    }

    public void Dispose()
    {
    }
}
