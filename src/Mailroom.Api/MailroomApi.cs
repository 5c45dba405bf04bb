using System.Net;
using Mailroom.Api.Auth;
using Mailroom.Api.Captured;
using Mailroom.Api.Docs;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Health;
using Mailroom.Api.Http;
using Mailroom.Api.Internal;
using Mailroom.Api.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Mailroom.Api;

/// <summary>Makes the two listeners. Each is started and stopped by its caller and shares nothing with the other but its dependencies.</summary>
public static class MailroomApi
{
    /// <summary>The listener for callers outside: the emails API, health, documentation and, where there are any, the captured mails.</summary>
    public static WebApplication BuildPublic(ApiDependencies dependencies, ApiOptions options)
    {
        var log = dependencies.Logs.CreateLogger("Mailroom.Api.Public");
        var builder = Listener.Create(dependencies, options.Endpoints, options.Socket, limits =>
        {
            limits.MaxRequestBodySize = options.MaxBodyBytes;
            limits.RequestHeadersTimeout = options.HeaderTimeout;
            limits.KeepAliveTimeout = options.IdleTimeout;
            limits.MaxConcurrentConnections = options.MaxConnections;
        });
        var keys = new ApiKeyCache(dependencies.Keys, dependencies.Orgs, dependencies.Clock, options.KeyCacheTime);
        builder.Services.AddSingleton<IHostedService>(new KeyUseRecorder(keys, dependencies.Keys, dependencies.Clock, options.KeyUseInterval, log));

        var app = builder.Build();
        Listener.Guard(app, ProblemReply.WriteAsync, dependencies, log, isInternal: false);
        HealthEndpoints.Map(app, dependencies, log);
        DocsEndpoints.Map(app);
        var gate = new ApiKeyGate(keys);
        EmailRoutes.Map(app, dependencies, options, gate);
        SettingsRoutes.Map(app, dependencies, options, gate);
        if (dependencies.Captured is { } captured)
        {
            CapturedEndpoints.Map(app, captured, options.MaxCapturedWatchers, dependencies.Clock, app.Lifetime.ApplicationStopping);
        }

        return app;
    }

    /// <summary>The listener for operators and other services inside: only <c>/api/v1/internal</c>.</summary>
    public static WebApplication BuildInternal(ApiDependencies dependencies, InternalApiOptions options)
    {
        var log = dependencies.Logs.CreateLogger(InternalEndpoints.Category);
        var builder = Listener.Create(dependencies, options.Endpoints, options.Socket, limits =>
        {
            limits.MaxRequestBodySize = InternalApiOptions.MaxBodyBytes;
            limits.RequestHeadersTimeout = options.HeaderTimeout;
            limits.KeepAliveTimeout = options.IdleTimeout;
            limits.MaxConcurrentConnections = options.MaxConnections;
        });
        var app = builder.Build();
        Listener.Guard(app, InternalProblemReply.WriteAsync, dependencies, log, isInternal: true);
        InternalEndpoints.Map(app, dependencies, options);
        return app;
    }

    /// <summary>Where a started listener really listens, also where port 0 was asked for.</summary>
    /// <exception cref="InvalidOperationException">The listener is not started.</exception>
    public static IReadOnlyList<IPEndPoint> BoundEndpoints(WebApplication listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        var addresses = listener.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses;
        return addresses is { Count: > 0 }
            ? [.. addresses.Select(BindingAddress.Parse).Select(bound => new IPEndPoint(Address(bound.Host), bound.Port))]
            : throw new InvalidOperationException("The listener is not started: start it before asking where it listens.");
    }

    private static IPAddress Address(string host) => IPAddress.Parse(host.Trim('[', ']'));
}
