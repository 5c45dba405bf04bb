using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Streams;

namespace Mailroom.Simulation.Producers;

/// <summary>What somebody wants mailed, whichever way it goes in. The content is what is mailed and what tells one command from another.</summary>
internal sealed record Wish(OrgId Org, string? Key, string Content)
{
    public DeliveryId? Id { get; init; }

    public int Recipients { get; init; } = 1;

    public bool IsUrgent { get; init; }

    public bool HasTemplate { get; init; }

    public UncertainPolicy? OnUncertain { get; init; }

    /// <summary>In true time.</summary>
    public TimeSpan? ScheduledAt { get; init; }

    /// <summary>In true time.</summary>
    public TimeSpan? ExpiresAt { get; init; }
}

/// <summary>Wishes as both ways in take them, and the stream's parser.</summary>
internal sealed class Commands : ICommandParser
{
    /// <summary>One for both ways in, so that they share their keys.</summary>
    public const string Source = "notification";

    public static NewDelivery Mail(Wish wish) => new()
    {
        Org = wish.Org,
        Source = Source,
        Id = wish.Id,
        Urgent = wish.IsUrgent,
        OnUncertain = wish.OnUncertain,
        ScheduledAt = At(wish.ScheduledAt),
        ExpiresAt = At(wish.ExpiresAt),
        IdempotencyKey = wish.Key,
        Fingerprint = wish.Key is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(wish.Content)),
        Request = new()
        {
            From = new("from@example.test"),
            To = [.. Enumerable.Range(0, wish.Recipients).Select(number => new Mailbox($"to{number}@example.test"))],
            Subject = wish.Content,
            Text = wish.HasTemplate ? null : "Hello",
            Template = wish.HasTemplate ? new("greeting", null, default) : null,
        },
    };

    public static IReadOnlyList<StreamField> Fields(Wish wish) =>
    [
        Field("id", wish.Id!.Value.Value), Field("org", wish.Org.Value), Field("key", wish.Key!), Field("content", wish.Content),
        Field("recipients", new string('x', wish.Recipients)), Field("urgent", wish.IsUrgent ? "1" : ""),
    ];

    public static IReadOnlyList<StreamField> Malformed() => [Field("content", "no id")];

    public ParsedCommand Parse(StreamEntry entry)
    {
        var fields = entry.Fields.ToDictionary(field => Encoding.UTF8.GetString(field.Name.Span), field => Encoding.UTF8.GetString(field.Value.Span));
        return fields.TryGetValue("id", out var id)
            ? new(
                Mail(new(new(fields["org"]), fields["key"], fields["content"]) { Id = new(id), Recipients = fields["recipients"].Length, IsUrgent = fields["urgent"] != "" }),
                null, id, Source)
            : new(null, new(CommandFailure.InvalidCommand, "id is missing."), null, Source);
    }

    private static StreamField Field(string name, string value) => new(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));

    private static Instant? At(TimeSpan? time) => time is { } at ? Instant.From(ManualClock.Start + at) : null;
}
