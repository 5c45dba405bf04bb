using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Auth;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Requests;

/// <summary>An endpoint of the internal listener. <paramref name="reads"/> ends with the time that its reads may take.</summary>
internal delegate Task InternalRequest(HttpContext context, CancellationToken reads);

/// <summary>Stands before every internal endpoint: the token, and the bounds in time.</summary>
internal sealed class InternalGate(InternalApiOptions options, TimeProvider clock)
{
    private readonly byte[]? _tokenHash = options.Token is { } token ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;

    /// <summary>A caller that does not take its answer in time loses its connection; reads that take too long are 504.</summary>
    public RequestDelegate Require(InternalRequest endpoint) => async context =>
    {
        if (!IsAllowed(context))
        {
            throw new ProblemException(Problem.Of(InternalProblems.Unauthorized));
        }

        using var whole = new CancellationTokenSource(options.RequestTimeout, clock);
        using var hangUp = whole.Token.Register(static state => ((HttpContext)state!).Abort(), context);
        using var reading = new ReadDeadline(context, options.ReadTimeout, clock);
        try
        {
            await endpoint(context, reading.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or StoreUnavailableException && reading.HasPassed && !context.RequestAborted.IsCancellationRequested)
        {
            throw new ProblemException(new Problem(
                InternalProblems.Timeout, $"The store did not answer within {options.ReadTimeout.TotalMilliseconds:0} ms."));
        }
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
