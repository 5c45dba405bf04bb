using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace Mailroom.Host.Telemetry.Export;

/// <summary>Says once that a collector does not take what it is sent, and once that it does again.</summary>
internal sealed partial class ExportSpell(string signal, Uri collector, ILogger log)
{
    private int _fails;

    public ExportResult Note(ExportResult result)
    {
        var fails = result == ExportResult.Success ? 0 : 1;
        if (Interlocked.Exchange(ref _fails, fails) != fails)
        {
            if (fails == 1)
            {
                LogFailed(log, signal, collector.Authority);
            }
            else
            {
                LogRecovered(log, signal, collector.Authority);
            }
        }

        return result;
    }

    [LoggerMessage(180, LogLevel.Warning, "telemetry: the collector does not take the {Signal}, what it misses is dropped: check that it runs and speaks the protocol that is set collector={Collector}")]
    private static partial void LogFailed(ILogger log, string signal, string collector);

    [LoggerMessage(181, LogLevel.Information, "telemetry: the collector takes the {Signal} again collector={Collector}")]
    private static partial void LogRecovered(ILogger log, string signal, string collector);
}
