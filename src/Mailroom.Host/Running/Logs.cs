using Mailroom.Host.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Mailroom.Host.Running;

/// <summary>The process's log on standard output: lines for people, or one JSON object a line.</summary>
internal static class Logs
{
    private const string Times = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static ILoggerFactory Open(LogSettings settings) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(settings.Level);

        // The framework says of every request what ours says better.
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // Else it makes a span of its own around ours, and a scope, for every request.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        // A listener that cannot start is told by the command, in one line instead of a stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        if (settings.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = Times;
            });
        }
        else
        {
            logging.AddSimpleConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = Times + " ";
                options.SingleLine = true;
                options.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }

        // Whoever reads the log may stop reading. Then lines are left out, and how many is said afterwards; the default is to wait.
        logging.Services.Configure<ConsoleLoggerOptions>(options =>
        {
            options.MaxQueueLength = 10_000;
            options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    });
}
