namespace Mailroom.Testing;

/// <summary>A mail that the sink took responsibility for.</summary>
/// <param name="MessageId">Its Message-ID with the angle brackets; empty when it has none.</param>
/// <param name="Sender">The reverse path, without brackets.</param>
/// <param name="Recipients">The accepted forward paths, without brackets, in the order given.</param>
/// <param name="Size">Octets from after DATA to before the final dot, as they came (dots stuffed).</param>
/// <param name="At">When its final dot had been read.</param>
/// <param name="Connection">The number of the connection that brought it, from 1.</param>
public sealed record LedgerMail(
    string MessageId, string Sender, IReadOnlyList<string> Recipients, int Size, DateTimeOffset At, int Connection);

/// <summary>A recipient who got one Message-ID more than once.</summary>
/// <param name="MessageId">With the angle brackets.</param>
/// <param name="Recipient">The forward path as given.</param>
/// <param name="Times">How often, from 2.</param>
public sealed record LedgerDuplicate(string MessageId, string Recipient, int Times);
