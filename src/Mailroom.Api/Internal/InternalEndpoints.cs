using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors;
using Mailroom.Api.Auth;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mailroom.Api.Internal;

/// <summary>What operators and other services inside ask: any org's deliveries and their attempts.</summary>
internal sealed class InternalEndpoints
{
    private static readonly ProblemKind Unauthorized = new("unauthorized", 401, "A token is needed", "unauthorized", "Send Authorization: Bearer and the internal token.");

    private readonly IDeliveryStore _deliveries;
    private readonly TimeProvider _clock;
    private readonly InternalApiOptions _options;
    private readonly byte[]? _tokenHash;

    private InternalEndpoints(ApiDependencies dependencies, InternalApiOptions options)
    {
        _deliveries = dependencies.Deliveries;
        _clock = dependencies.Clock;
        _options = options;
        _tokenHash = options.Token is { } token ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;
    }

    public static void Map(IEndpointRouteBuilder routes, ApiDependencies dependencies, InternalApiOptions options)
    {
        var endpoints = new InternalEndpoints(dependencies, options);
        routes.MapMethods("/api/v1/internal/deliveries/{id}", ["GET"], endpoints.Require(endpoints.DeliveryAsync));
        routes.MapMethods("/api/v1/internal/deliveries/{id}/attempts", ["GET"], endpoints.Require(endpoints.AttemptsAsync));
    }

    private async Task DeliveryAsync(HttpContext context, CancellationToken cancel)
    {
        var delivery = await FindAsync(context, cancel);
        var recipients = await _deliveries.RecipientsAsync(delivery.State.Id, cancel);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, (delivery, recipients), DeliveryJson.Write);
    }

    private async Task AttemptsAsync(HttpContext context, CancellationToken cancel)
    {
        var delivery = await FindAsync(context, cancel);
        var attempts = await _deliveries.AttemptsAsync(delivery.State.Id, cancel);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, (delivery, attempts), DeliveryJson.WriteAttempts);
    }

    private async Task<StoredDelivery> FindAsync(HttpContext context, CancellationToken cancel)
    {
        var found = EmailRoutes.Id(context) is { } id ? await _deliveries.FindAsync(null, id, cancel) : null;
        return found ?? throw new ProblemException(new Problem(ProblemKinds.NotFound, "There is no delivery with this id."));
    }

    /// <summary>Checks the token and bounds the whole request in time: a caller that does not take its answer loses its connection.</summary>
    private RequestDelegate Require(Func<HttpContext, CancellationToken, Task> endpoint) => async context =>
    {
        if (!IsAllowed(context))
        {
            throw new ProblemException(Problem.Of(Unauthorized));
        }

        using var whole = new CancellationTokenSource(_options.RequestTimeout, _clock);
        using var hangUp = whole.Token.Register(static state => ((HttpContext)state!).Abort(), context);
        using var reading = new ReadDeadline(context, _options.ReadTimeout, _clock);
        await endpoint(context, reading.Token);
    };

    private bool IsAllowed(HttpContext context)
    {
        if (_tokenHash is null)
        {
            return true;
        }

        // Hashes of one length are compared, so that the time tells neither the token nor its length.
        return BearerToken.TryRead(context, out var token)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token.ToString())), _tokenHash);
    }
}
