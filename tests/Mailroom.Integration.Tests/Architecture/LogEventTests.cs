using System.Reflection;
using Mailroom.Host.Running;
using Microsoft.Extensions.Logging;

namespace Mailroom.Integration.Tests.Architecture;

/// <summary>Alerts and filters are built on the numbers of log lines.</summary>
public sealed class LogEventTests
{
    [Fact]
    public void Every_log_line_of_the_host_has_a_number_of_its_own()
    {
        var numbers = typeof(MailroomProcess).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Select(method => (method.Name, method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId))
            .Where(line => line.EventId is not null)
            .ToArray();

        numbers.Length.ShouldBeGreaterThan(30);
        numbers.GroupBy(line => line.EventId).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(' ', same.Select(line => line.Name))}").ShouldBeEmpty();
    }
}
