namespace Mailroom.Mail.Smtp;

/// <summary>
/// The last short reply of each phase. A server answers MAIL, RCPT and DATA of every mail in the same words; they are
/// read once.
/// </summary>
internal sealed class ReplyMemory
{
    private const int MaxRemembered = 128;

    private readonly Slot[] _slots = new Slot[4];

    private sealed record Slot(byte[] Wire)
    {
        public int Length;
        public SmtpReply? Reply;
    }

    public SmtpReply Read(ReadOnlySpan<byte> wire, SmtpPhase phase)
    {
        var index = phase switch { SmtpPhase.Mail => 0, SmtpPhase.Rcpt => 1, SmtpPhase.Data => 2, SmtpPhase.FinalDot => 3, _ => -1 };
        if (index < 0 || wire.Length > MaxRemembered)
        {
            return SmtpReply.FromWire(wire);
        }
        var slot = _slots[index] ??= new Slot(new byte[MaxRemembered]);
        if (slot.Reply is null || !wire.SequenceEqual(slot.Wire.AsSpan(0, slot.Length)))
        {
            wire.CopyTo(slot.Wire);
            slot.Length = wire.Length;
            slot.Reply = SmtpReply.FromWire(wire);
        }
        return slot.Reply;
    }
}
