using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Http;

/// <summary>While the process stops, every answer asks its connection to close (RFC 9112, 9.6): the caller's next request goes elsewhere instead of into a listener that closes.</summary>
internal sealed class Farewell(RequestDelegate next, Readiness readiness)
{
    public Task HandleAsync(HttpContext context)
    {
        if (readiness.IsStopping)
        {
            context.Response.OnStarting(
                static response =>
                {
                    ((HttpResponse)response).Headers.Connection = "close";
                    return Task.CompletedTask;
                },
                context.Response);
        }

        return next(context);
    }
}
