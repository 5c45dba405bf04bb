using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Mailroom.Api.Http;

/// <summary>
/// One line for each request. On a listener for callers outside what went well is told at debug only, and what did not in a bounded
/// number of lines a second: whoever can reach it must not be able to fill the log.
/// </summary>
internal sealed class RequestLog(ILogger log, TimeProvider clock, bool isInternal)
{
    /// <summary>Lines a second about requests of callers outside that were refused.</summary>
    public const int MostRefusals = 20;

    private readonly Lock _gate = new();
    private long _second = clock.GetTimestamp();
    private int _refusals;
    private long _leftOut;

    public void Answered(Activity span, string method, string route, HttpResponse response, TimeSpan took)
    {
        var level = Level(response.StatusCode);
        if (!log.IsEnabled(level) || (level != LogLevel.Debug && !isInternal && !HasRoom()))
        {
            return;
        }

        ApiLog.Answered(
            log, level, method, route, response.StatusCode, took.TotalMilliseconds, response.ContentLength ?? 0, span.TraceId.ToHexString(), span.SpanId.ToHexString());
    }

    private LogLevel Level(int status) => status switch
    {
        // Overload is told once a second for all of it.
        StatusCodes.Status503ServiceUnavailable when !isInternal => LogLevel.Debug,
        >= StatusCodes.Status500InternalServerError => LogLevel.Warning,
        >= StatusCodes.Status400BadRequest => LogLevel.Information,
        _ => isInternal ? LogLevel.Information : LogLevel.Debug,
    };

    private bool HasRoom()
    {
        long leftOut;
        lock (_gate)
        {
            if (clock.GetElapsedTime(_second) < TimeSpan.FromSeconds(1))
            {
                if (_refusals == MostRefusals)
                {
                    _leftOut++;
                    return false;
                }

                _refusals++;
                return true;
            }

            _second = clock.GetTimestamp();
            _refusals = 1;
            leftOut = _leftOut;
            _leftOut = 0;
        }

        if (leftOut > 0)
        {
            ApiLog.LeftOut(log, leftOut);
        }

        return true;
    }
}
