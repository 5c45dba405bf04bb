using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Http;

/// <summary>Makes a Kestrel application of its own with nothing in it but routes.</summary>
internal static class Listener
{
    public static WebApplicationBuilder Create(ApiDependencies dependencies, IReadOnlyList<IPEndPoint> endpoints, Socket? bound, Action<KestrelServerLimits> limit)
    {
        if (endpoints.Count == 0)
        {
            throw new ArgumentException("A listener needs at least one address.", nameof(endpoints));
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.Services.AddSingleton(dependencies.Logs);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            limit(kestrel.Limits);
            foreach (var endpoint in endpoints)
            {
                kestrel.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
            }
        });
        if (bound is not null)
        {
            builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => bound);
        }

        return builder;
    }

    public static void Guard(WebApplication app, WriteProblem write, ApiDependencies dependencies, ILogger log, bool isInternal)
    {
        app.Use(next => new Farewell(next, dependencies.Readiness).HandleAsync);
        app.Use(next => new Guard(next, write, dependencies.Clock, log, isInternal).HandleAsync);
    }
}
