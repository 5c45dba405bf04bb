using Mailroom.Api.Tests;
using Mailroom.Api.Tests.Fakes;
using Microsoft.Playwright;

namespace Mailroom.Browser.Tests;

/// <summary>The distribution's Chromium over a real listener.</summary>
public sealed class Browser : IAsyncLifetime
{
    private const string Executable = "/usr/bin/chromium";

    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;
    private Edge _edge = null!;

    public FakeCapturedMails Mails { get; } = new();

    public string BaseUrl => $"http://{_edge.PublicEndpoint}";

    public async Task InitializeAsync()
    {
        if (!File.Exists(Executable))
        {
            throw new InvalidOperationException($"This test needs Chromium: {Executable} was not found. Install it with: apt-get install chromium");
        }

        _edge = await Edge.StartAsync(captured: Mails);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = Executable, Headless = true, Args = Arguments });
    }

    public async Task<Visit> OpenAsync(string path, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions { ColorScheme = scheme });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(15_000);
        var visit = new Visit(page, BaseUrl);
        await page.GotoAsync(BaseUrl + path);
        return visit;
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _edge.DisposeAsync();
    }
}

/// <summary>A page and what it did that it should not do.</summary>
public sealed class Visit : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _requestsElsewhere = [];
    private readonly List<string> _dialogs = [];
    private readonly List<string> _errors = [];

    public Visit(IPage page, string baseUrl)
    {
        Page = page;
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(baseUrl + "/", StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                Note(_requestsElsewhere, request.Url);
            }
        };
        page.Dialog += async (_, dialog) =>
        {
            Note(_dialogs, dialog.Message);
            await dialog.DismissAsync();
        };
        page.PageError += (_, error) => Note(_errors, error);
    }

    public IPage Page { get; }

    public IReadOnlyList<string> RequestsElsewhere => Read(_requestsElsewhere);

    public IReadOnlyList<string> Dialogs => Read(_dialogs);

    /// <summary>Uncaught errors of the page's own script.</summary>
    public IReadOnlyList<string> Errors => Read(_errors);

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    private void Note(List<string> list, string text)
    {
        lock (_gate)
        {
            list.Add(text);
        }
    }

    private IReadOnlyList<string> Read(List<string> list)
    {
        lock (_gate)
        {
            return [.. list];
        }
    }
}
