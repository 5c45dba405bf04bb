namespace Mailroom.Mail.Smtp;

/// <summary>
/// Writes a message and its final dot, block by block. The dot goes out with the last block, never alone: a loss in any
/// earlier block is certain, and a small mail is one write.
/// </summary>
internal struct SmtpMessageWriter(SmtpChannel channel, SmtpSend send)
{
    private const int BlockSize = 64 * 1024;

    /// <summary>Up to here copying a message beside its final dot is cheaper than a second write.</summary>
    private const int CopyLimit = 16 * 1024;

    /// <summary>What is copied beside the final dot of a larger message that is sent from where it lies.</summary>
    private const int CopiedTail = 1024;

    private readonly bool _clean = send.Scan.IsClean;
    private DotStuffer _stuffer = new();
    private int _sent;

    /// <summary>The next block holds the final dot.</summary>
    public readonly bool IsAtLastBlock
    {
        get
        {
            var left = send.Message.Length - _sent;
            // Dot-stuffing at most doubles: what is left must fit one block even then.
            return _clean ? left <= CopyLimit && (_sent == 0 || left <= CopiedTail) : left <= BlockSize / 2;
        }
    }

    public ValueTask WriteBlockAsync()
    {
        var rest = send.Message[_sent..];
        if (!IsAtLastBlock)
        {
            return _clean ? WriteAsItLies(rest) : WriteStuffed(rest);
        }
        _sent = send.Message.Length;
        if (_clean)
        {
            channel.Put(rest.Span).Put(send.Scan.EndsLine ? ".\r\n"u8 : "\r\n.\r\n"u8);
        }
        else
        {
            Stuff(rest.Span);
            channel.Advance(_stuffer.Finish(channel.Room(DotStuffer.MaxFinish)));
        }
        return channel.FlushAsync(SmtpPhase.FinalDot);
    }

    private ValueTask WriteAsItLies(ReadOnlyMemory<byte> rest)
    {
        var block = rest[..Math.Min(BlockSize, rest.Length - CopiedTail)];
        _sent += block.Length;
        return channel.WriteAsync(block, SmtpPhase.Message);
    }

    private ValueTask WriteStuffed(ReadOnlyMemory<byte> rest)
    {
        Stuff(rest.Span[..(BlockSize / 2)]);
        _sent += BlockSize / 2;
        return channel.FlushAsync(SmtpPhase.Message);
    }

    private void Stuff(ReadOnlySpan<byte> part)
    {
        // One octet of slack, because the encoder stops while fewer than two are left.
        var (_, written) = _stuffer.Encode(part, channel.Room(part.Length * 2 + 1));
        channel.Advance(written);
    }
}
