using System.Text;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Captured;

/// <summary>The page of captured mails and what it is made of. It needs no login, so it is there only where mail is captured, and on loopback names.</summary>
internal sealed class CapturedEndpoints(ICapturedMails mails, int maxWatchers, TimeProvider clock, CancellationToken stopping)
{
    private const int MaxListed = 200;
    private const string Html = "text/html; charset=utf-8";

    private static readonly byte[] NoHtml = "<!doctype html><title>No HTML</title><p>This mail has no HTML."u8.ToArray();

    /// <summary>A flood of mail must not become a flood of events.</summary>
    private static readonly TimeSpan BetweenEvents = TimeSpan.FromMilliseconds(100);

    private int _watchers;

    public static void Map(IEndpointRouteBuilder routes, ICapturedMails mails, int maxWatchers, TimeProvider clock, CancellationToken stopping)
    {
        var endpoints = new CapturedEndpoints(mails, maxWatchers, clock, stopping);
        Get("/", context =>
        {
            context.Response.Redirect("/captured");
            return Task.CompletedTask;
        });
        Get("/captured", Resource("captured/captured.html", Html));
        Get("/captured/captured.css", Resource("captured/captured.css", "text/css; charset=utf-8"));
        Get("/captured/captured.js", Resource("captured/captured.js", "text/javascript; charset=utf-8"));
        Get("/captured/events", endpoints.EventsAsync);
        Get("/captured/mails", endpoints.ListAsync);
        Get("/captured/mails/{id}", endpoints.OneAsync);
        Get("/captured/mails/{id}/html", endpoints.HtmlAsync);
        Get("/captured/mails/{id}/raw", context => endpoints.RawAsync(context, asFile: false));
        Get("/captured/mails/{id}/download", context => endpoints.RawAsync(context, asFile: true));
        routes.MapMethods("/captured/mails", ["DELETE"], CapturedPolicy.OnLoopbackName(endpoints.ClearAsync));

        void Get(string pattern, RequestDelegate endpoint) => routes.MapMethods(pattern, ["GET"], CapturedPolicy.OnLoopbackName(endpoint));
    }

    private static RequestDelegate Resource(string name, string type)
    {
        var bytes = Resources.Read(name);
        return context => Reply.BytesAsync(context, StatusCodes.Status200OK, type, bytes);
    }

    /// <summary>One <c>changed</c> event at once and one after every change; the page reads the list on each.</summary>
    private async Task EventsAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _watchers) > maxWatchers)
        {
            Interlocked.Decrement(ref _watchers);
            throw new ProblemException(new Problem(ProblemKinds.Busy, $"{maxWatchers} pages watch already.") { RetryAfter = 5 });
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var stop = either.Token;
        try
        {
            context.Response.ContentType = "text/event-stream";
            while (true)
            {
                var version = mails.Version;
                await context.Response.WriteAsync($"event: changed\ndata: {version}\n\n", stop);
                await mails.ChangedAsync(version, stop);
                await Task.Delay(BetweenEvents, clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The page was closed or the server stops: the stream just ends.
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _watchers);
        }
    }

    private Task ListAsync(HttpContext context) => Reply.JsonAsync(context, StatusCodes.Status200OK, mails.Newest(MaxListed), WriteList);

    private Task OneAsync(HttpContext context) => Reply.JsonAsync(context, StatusCodes.Status200OK, Find(context), WriteMail);

    private Task HtmlAsync(HttpContext context)
    {
        var mail = Find(context);
        CapturedPolicy.ForMail(context);
        return Reply.BytesAsync(context, StatusCodes.Status200OK, Html, mail.Html is { } html ? Encoding.UTF8.GetBytes(html) : NoHtml);
    }

    private async Task RawAsync(HttpContext context, bool asFile)
    {
        var mail = Find(context);
        var raw = await mails.RawAsync(mail.Id, context.RequestAborted) ?? throw NotFound();
        CapturedPolicy.ForMail(context);
        if (asFile)
        {
            // An id is letters, digits, dots, underscores and hyphens: safe in a quoted string.
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{mail.Id}.eml\"";
        }

        await Reply.BytesAsync(context, StatusCodes.Status200OK, asFile ? "message/rfc822" : "text/plain; charset=utf-8", raw);
    }

    private async Task ClearAsync(HttpContext context)
    {
        CapturedPolicy.RequireSameOrigin(context);
        await mails.ClearAsync(context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private CapturedMail Find(HttpContext context) =>
        DeliveryId.TryParse(context.GetRouteValue("id") as string, out var id) && mails.Find(id.Value) is { } mail ? mail : throw NotFound();

    private static ProblemException NotFound() => new(new Problem(ProblemKinds.NotFound, "There is no captured mail with this id."));

    private static void WriteList(Utf8JsonWriter json, IReadOnlyList<CapturedMail> list)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var mail in list)
        {
            json.WriteStartObject();
            WriteSummary(json, mail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMail(Utf8JsonWriter json, CapturedMail mail)
    {
        json.WriteStartObject();
        WriteSummary(json, mail);
        WriteStrings(json, "cc", mail.Cc);
        WriteStrings(json, "envelope", mail.Envelope);
        json.WriteString("text", mail.Text);
        json.WriteBoolean("has_html", mail.Html is not null);
        json.WriteStartArray("headers");
        foreach (var (name, value) in mail.Headers)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("attachments");
        foreach (var attachment in mail.Attachments)
        {
            json.WriteStartObject();
            json.WriteString("filename", attachment.FileName);
            json.WriteString("content_type", attachment.ContentType);
            json.WriteNumber("size", attachment.Size);
            json.WriteString("content_id", attachment.ContentId);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteSummary(Utf8JsonWriter json, CapturedMail mail)
    {
        json.WriteString("id", mail.Id);
        json.WriteString("at", mail.At.UtcDateTime);
        json.WriteString("from", mail.From);
        WriteStrings(json, "to", mail.To);
        json.WriteString("subject", mail.Subject);
        json.WriteNumber("size", mail.Size);
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
