using System.Globalization;
using System.Text.Json;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>Commands as the producer of the stream writes them: names and values in turn.</summary>
internal static class TestCommand
{
    /// <summary>The stream's key where no setting names another.</summary>
    public const string Stream = "mail:delivery_commands";

    /// <summary>A mail to a recipient of its own, the same each time it is asked for.</summary>
    public static string[] Numbered(int number) => Rendered(Id(number), Recipient(number));

    public static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"mail-{number}");

    public static string Recipient(int number) => string.Create(CultureInfo.InvariantCulture, $"s{number}@example.test");

    public static string[] Rendered(string id, string recipient, string text = "Hello,\n\nit is your turn.\n") =>
        Of(id, "rendered", new { to = new[] { recipient }, subject = "Your turn", text_body = text });

    /// <param name="id">Its idempotency key is made of it.</param>
    /// <param name="mode">What the payload is: <c>rendered</c> or <c>template</c>.</param>
    /// <param name="payload">Is written as JSON.</param>
    public static string[] Of(string id, string mode, object payload) =>
    [
        "delivery_id", id, "source", "notification", "payload_mode", mode, "idempotency_key", $"notification:{id}",
        "requested_at_ms", "1767225600000", "payload_json", JsonSerializer.Serialize(payload),
    ];
}
