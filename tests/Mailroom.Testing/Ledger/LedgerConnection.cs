using System.Buffers;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Testing;

/// <summary>
/// One SMTP session (RFC 5321). Whole commands and whole mails are taken from one buffer; the replies to all that came
/// in one read leave in one write.
/// </summary>
internal sealed class LedgerConnection(Socket socket, int number, LedgerSink sink)
{
    private const int LargestMail = 64 * 1024 * 1024;

    /// <summary>RFC 5321 section 4.5.3.1.4 asks for 512 octets at least; extensions add to it.</summary>
    private const int LongestCommand = 2_048;

    /// <summary>RFC 5321 section 4.5.3.1.8 asks for 100 at least.</summary>
    private const int MostRecipients = 1_000;

    private static readonly string Capabilities =
        $"250-ledger.mailroom.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {LargestMail}";

    private static readonly string CapabilitiesWithLogin = Capabilities.Replace("250 SIZE", "250-AUTH PLAIN\r\n250 SIZE", StringComparison.Ordinal);

    private readonly ArrayBufferWriter<byte> replies = new(1024);
    private readonly LedgerBuffer buffer = new();
    private int searched;
    private State state = State.Commands;
    private string? sender;
    private List<string> recipients = new(4);
    private Action? whenReleased;

    private enum State
    {
        Commands,
        Mail,
        Stalled,
        Closed,
    }

    public async Task Serve(bool full, CancellationToken stop)
    {
        if (sink.Faults.StallBeforeGreeting)
        {
            Stall(() => Greet(full));
        }
        else
        {
            Greet(full);
        }

        while (true)
        {
            while (TakeNext())
            {
            }

            await Flush(stop).ConfigureAwait(false);
            switch (state)
            {
                case State.Closed:
                    return;
                case State.Stalled:
                    await sink.UntilReleased(stop).ConfigureAwait(false);
                    state = State.Commands;
                    whenReleased!();
                    break;
                case State.Commands or State.Mail:
                    if (!await buffer.Receive(socket, stop).ConfigureAwait(false))
                    {
                        return;
                    }

                    break;
                default:
                    throw new InvalidOperationException($"No such state: {state}.");
            }
        }
    }

    private void Greet(bool full)
    {
        var refusal = full ? "421 4.3.2 Too many connections" : sink.Faults.Greeting?.Invoke(number);
        Reply(refusal ?? "220 ledger.mailroom.test ESMTP");
        if (refusal is not null)
        {
            state = State.Closed;
        }
    }

    /// <returns>False when more has to come first, or nothing may be taken.</returns>
    private bool TakeNext() => state switch
    {
        State.Commands => TakeCommand(),
        State.Mail => TakeMail(),
        State.Stalled or State.Closed => false,
        _ => throw new InvalidOperationException($"No such state: {state}."),
    };

    private bool TakeCommand()
    {
        var length = buffer.Unread.IndexOf((byte)'\n') + 1;
        if (length > LongestCommand || (length == 0 && buffer.Unread.Length > LongestCommand))
        {
            Close("500 5.5.2 Line too long");
            return false;
        }

        if (length == 0)
        {
            return false;
        }

        var line = buffer.Unread[..length];
        buffer.Take(length);
        if (length < 2 || line[^2] != (byte)'\r')
        {
            // RFC 5321 section 2.3.8: a line ends in CR LF and in nothing else.
            Reply("500 5.5.2 A line has to end in CR LF");
            return true;
        }

        Command(line[..^2]);
        return true;
    }

    private void Command(ReadOnlySpan<byte> line)
    {
        if (sink.Faults.StallIn is { } command && Encoding.ASCII.GetString(line).StartsWith(command, StringComparison.Ordinal))
        {
            Stall(() => Reply("454 4.7.0 Not available at the moment"));
        }
        else if (SmtpSyntax.Is(line, "MAIL FROM:"u8))
        {
            MailFrom(line[10..]);
        }
        else if (SmtpSyntax.Is(line, "RCPT TO:"u8))
        {
            RcptTo(line[8..]);
        }
        else if (SmtpSyntax.Is(line, "DATA"u8))
        {
            Data();
        }
        else if (SmtpSyntax.Is(line, "EHLO "u8))
        {
            Reset(Offers(sink.Faults));
        }
        else if (SmtpSyntax.Is(line, "HELO "u8))
        {
            Reset("250 ledger.mailroom.test");
        }
        else if (SmtpSyntax.Is(line, "RSET"u8))
        {
            Reset("250 2.0.0 Ok");
        }
        else if (SmtpSyntax.Is(line, "NOOP"u8))
        {
            Reply("250 2.0.0 Ok");
        }
        else if (SmtpSyntax.Is(line, "AUTH PLAIN "u8) && sink.Faults.Authentication is { } answer)
        {
            sink.NoteLogin(line[11..]);
            Reply(answer());
        }
        else if (SmtpSyntax.Is(line, "QUIT"u8))
        {
            Close("221 2.0.0 Bye");
        }
        else
        {
            Reply("500 5.5.1 Command not known");
        }
    }

    private void MailFrom(ReadOnlySpan<byte> rest)
    {
        if (sender is not null)
        {
            Reply("503 5.5.1 One MAIL at a time");
        }
        else if (!SmtpSyntax.TryPath(rest, out var path, out var parameters))
        {
            Reply("501 5.1.7 Bad sender");
        }
        else if (SmtpSyntax.SizeIn(parameters) > LargestMail)
        {
            Reply("552 5.3.4 Too large");
        }
        else if (sink.Faults.Sender?.Invoke(path) is { } refusal)
        {
            Reply(refusal);
        }
        else
        {
            sender = path;
            Reply("250 2.1.0 Ok");
        }
    }

    private void RcptTo(ReadOnlySpan<byte> rest)
    {
        if (sender is null)
        {
            Reply("503 5.5.1 MAIL first");
        }
        else if (!SmtpSyntax.TryPath(rest, out var path, out _) || path.Length == 0)
        {
            Reply("501 5.1.3 Bad recipient");
        }
        else if (recipients.Count == MostRecipients)
        {
            Reply("452 4.5.3 Too many recipients");
        }
        else if (sink.Faults.Recipient?.Invoke(path) is { } refusal)
        {
            Reply(refusal);
        }
        else
        {
            recipients.Add(path);
            Reply("250 2.1.5 Ok");
        }
    }

    private void Data()
    {
        if (recipients.Count == 0)
        {
            Reply("554 5.5.1 No valid recipients");
            return;
        }

        if (sink.Faults.StallBeforeData?.Invoke(recipients) == true)
        {
            Stall(AskForMail);
        }
        else
        {
            AskForMail();
        }
    }

    private void AskForMail()
    {
        Reply("354 Go on");
        searched = 0;
        if (sink.Faults.StallInContent)
        {
            Stall(() => state = State.Mail);
        }
        else
        {
            state = State.Mail;
        }
    }

    private void Stall(Action untilReleased)
    {
        whenReleased = untilReleased;
        state = State.Stalled;
    }

    private bool TakeMail()
    {
        // The CR LF of the DATA command counts as the one before the dot.
        if (buffer.Unread.StartsWith(".\r\n"u8))
        {
            Taken(size: 0, length: 3);
            return true;
        }

        // What was searched before is not searched again, but for an end of mail that was cut in two.
        var from = Math.Max(0, searched - 4);
        var at = buffer.Unread[from..].IndexOf("\r\n.\r\n"u8);
        if (at < 0)
        {
            searched = buffer.Unread.Length;
            if (searched > LargestMail)
            {
                Close("552 5.3.4 Too large");
            }

            return false;
        }

        Taken(size: from + at + 2, length: from + at + 5);
        return true;
    }

    private void Taken(int size, int length)
    {
        var mail = new LedgerMail(
            MessageIdHeader.In(buffer.Unread[..size]), sender!, recipients, size, DateTimeOffset.UtcNow, number);
        buffer.Take(length);
        sender = null;
        recipients = new(4);
        state = State.Commands;
        switch (sink.Faults.Dot?.Invoke(mail) ?? DotFault.Acknowledge)
        {
            case DotFault.Acknowledged:
                Acknowledge(mail);
                break;
            case DotFault.Refused refused:
                Reply(refused.Reply);
                break;
            case DotFault.Stalled:
                Stall(() => Acknowledge(mail));
                break;
            case DotFault.Dropped dropped:
                if (dropped.Taken && !sink.Ledger.Record(mail))
                {
                    throw new InvalidOperationException($"The ledger is full ({LedgerSink.MostMails} mails).");
                }

                state = State.Closed;
                break;
            case var unknown:
                throw new InvalidOperationException($"No such fault: {unknown}.");
        }
    }

    /// <summary>The mail is in the ledger before its 250 is in the buffer that will be written.</summary>
    private void Acknowledge(LedgerMail mail) =>
        Reply(sink.Ledger.Record(mail) ? "250 2.0.0 Taken" : "452 4.3.1 The ledger is full");

    private static string Offers(LedgerFaults faults) =>
        faults.StallIn is "STARTTLS" or "AUTH PLAIN" ? Capabilities.Replace("250 SIZE", $"250-{faults.StallIn}\r\n250 SIZE", StringComparison.Ordinal)
        : faults.Authentication is not null ? CapabilitiesWithLogin
        : Capabilities;

    private void Reset(string reply)
    {
        sender = null;
        recipients.Clear();
        Reply(reply);
    }

    private void Close(string reply)
    {
        Reply(reply);
        state = State.Closed;
    }

    private void Reply(string line)
    {
        Encoding.UTF8.GetBytes(line, replies);
        replies.Write("\r\n"u8);
        if (line.StartsWith("421", StringComparison.Ordinal))
        {
            state = State.Closed;
        }
    }

    private async ValueTask Flush(CancellationToken stop)
    {
        for (var sent = 0; sent < replies.WrittenCount;)
        {
            sent += await socket.SendAsync(replies.WrittenMemory[sent..], stop).ConfigureAwait(false);
        }

        replies.ResetWrittenCount();
    }
}
