using Microsoft.Playwright;

namespace Mailroom.Browser.Tests;

public sealed class CapturedPageTests : IAsyncLifetime
{
    /// <summary>Every way that is known to run something or to call somebody; <c>TRAP</c> is a port that listens.</summary>
    private const string Hostile = """
        <meta http-equiv="refresh" content="0;url=TRAP/refresh">
        <base href="TRAP/">
        <link rel="stylesheet" href="TRAP/style.css">
        <style>@import url(TRAP/import.css); body { background: url(TRAP/back.png) } p { color: rgb(1, 2, 3) }</style>
        <script>top.pwned = 1; alert('script')</script>
        <img src="TRAP/pixel.png" onerror="top.pwned = 2; alert('img')">
        <svg onload="top.pwned = 3; alert('svg')"></svg>
        <iframe srcdoc="<script>top.pwned = 4; alert('srcdoc')</script>"></iframe>
        <iframe src="javascript:alert('frame')"></iframe>
        <object data="TRAP/object"></object>
        <form action="TRAP/form"><input name="a" autofocus onfocus="alert('focus')"><button id="send">Send</button></form>
        <p id="shown">The mail itself</p>
        """;

    private readonly Browser _browser = new();
    private readonly Trap _trap = new();

    public Task InitializeAsync() => _browser.InitializeAsync();

    public async Task DisposeAsync()
    {
        _trap.Dispose();
        await _browser.DisposeAsync();
    }

    [Fact]
    public async Task A_mail_appears_without_a_reload()
    {
        await using var visit = await _browser.OpenAsync("/");
        await Assertions.Expect(visit.Page.Locator("#empty")).ToBeVisibleAsync();
        await visit.Page.EvaluateAsync("window.sameDocument = true");

        _browser.Mails.Add("em_1", "First");
        await Assertions.Expect(visit.Page.Locator("#mails button")).ToHaveCountAsync(1);
        _browser.Mails.Add("em_2", "Second");
        await Assertions.Expect(visit.Page.Locator("#mails .what")).ToHaveTextAsync(["Second", "First"]);

        (await visit.Page.EvaluateAsync<bool>("window.sameDocument")).ShouldBeTrue();
        visit.Page.Url.ShouldEndWith("/captured");
        visit.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hostile_html_runs_no_script_and_loads_nothing()
    {
        _browser.Mails.Add("em_1", "<img src=x onerror=alert('subject')>", "<script>alert('text')</script>", HostileHtml);
        await using var visit = await _browser.OpenAsync("/captured");
        await visit.Page.Locator("#mails button").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#subject")).ToHaveTextAsync("<img src=x onerror=alert('subject')>");
        await Assertions.Expect(visit.Page.Locator("#text")).ToHaveTextAsync("<script>alert('text')</script>");
        await visit.Page.Locator("#tab-html").ClickAsync();

        var shown = visit.Page.FrameLocator("#frame-place iframe").Locator("#shown");
        await Assertions.Expect(shown).ToHaveTextAsync("The mail itself");
        await Assertions.Expect(shown).ToHaveCSSAsync("color", "rgb(1, 2, 3)");
        await visit.Page.FrameLocator("#frame-place iframe").Locator("#send").ClickAsync();

        // The page still answers to its own script after all of that.
        await visit.Page.Locator("#tab-headers").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#headers")).ToContainTextAsync("<img src=x onerror=alert(1)>");
        (await visit.Page.EvaluateAsync<bool>("'pwned' in window")).ShouldBeFalse();
        visit.Dialogs.ShouldBeEmpty();
        _trap.WasTouched.ShouldBeFalse();
        visit.Page.Url.ShouldStartWith(_browser.BaseUrl + "/captured");
    }

    [Fact]
    public async Task The_html_opened_by_itself_has_no_rights_either()
    {
        _browser.Mails.Add("em_1", html: HostileHtml);
        await using var visit = await _browser.OpenAsync("/captured/mails/em_1/html");

        await Assertions.Expect(visit.Page.Locator("#shown")).ToHaveTextAsync("The mail itself");
        visit.Dialogs.ShouldBeEmpty();
        _trap.WasTouched.ShouldBeFalse();
    }

    [Fact]
    public async Task Everything_can_be_reached_by_the_keyboard()
    {
        _browser.Mails.Add("em_1", "First");
        _browser.Mails.Add("em_2", "Second", html: "<p>x");
        await using var visit = await _browser.OpenAsync("/captured");
        await visit.Page.Locator("#mails button").First.FocusAsync();
        await visit.Page.Keyboard.PressAsync("ArrowDown");
        await visit.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(visit.Page.Locator("#subject")).ToHaveTextAsync("First");

        // First has no HTML, so the arrow passes over that tab.
        await visit.Page.Locator("#tab-text").FocusAsync();
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(visit.Page.Locator("#tab-headers")).ToHaveAttributeAsync("aria-selected", "true");
        await visit.Page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(visit.Page.Locator("#raw")).ToContainTextAsync("Subject: First");
        visit.Errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Clearing_empties_the_page_and_another_page_too()
    {
        _browser.Mails.Add("em_1", "First");
        await using var one = await _browser.OpenAsync("/captured#em_1");
        await using var other = await _browser.OpenAsync("/captured", ColorScheme.Dark);
        await Assertions.Expect(one.Page.Locator("#subject")).ToHaveTextAsync("First");
        await Assertions.Expect(other.Page.Locator("#mails button")).ToHaveCountAsync(1);

        await one.Page.Locator("#clear").ClickAsync();

        await Assertions.Expect(one.Page.Locator("#empty")).ToBeVisibleAsync();
        await Assertions.Expect(one.Page.Locator("#detail")).ToBeHiddenAsync();
        await Assertions.Expect(other.Page.Locator("#mails button")).ToHaveCountAsync(0);
        _browser.Mails.Newest(10).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_documentation_is_shown_as_it_is_styled()
    {
        await using var visit = await _browser.OpenAsync("/docs");

        await Assertions.Expect(visit.Page.Locator("h1")).ToHaveTextAsync("Mailroom API");
        await Assertions.Expect(visit.Page.Locator("body")).ToHaveCSSAsync("display", "grid");
        visit.Errors.ShouldBeEmpty();
        visit.RequestsElsewhere.ShouldBeEmpty();
    }

    /// <summary>Shows that the trap of the tests above does catch what is not held back.</summary>
    [Fact]
    public async Task The_trap_notices_a_page_that_calls_it()
    {
        await using var visit = await _browser.OpenAsync("/health/live");
        await visit.Page.EvaluateAsync("url => { new Image().src = url; }", _trap.Url);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!_trap.WasTouched)
        {
            limit.Token.ThrowIfCancellationRequested();
            await visit.Page.EvaluateAsync("1");
        }
    }

    private string HostileHtml => Hostile.Replace("TRAP", _trap.Url, StringComparison.Ordinal);
}
