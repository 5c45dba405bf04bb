using System.Globalization;
using System.Text;

namespace Mailroom.Mail.Smtp;

/// <summary>
/// What was said in one send, line by line: <c>+12ms &gt; EHLO x</c> is the client, <c>&lt;</c> the server, <c>*</c> a
/// remark. Holds addresses and no secret and no message. Noted as small values and put into words only when read.
/// </summary>
public sealed class SmtpConversation
{
    /// <summary>The most characters of <see cref="ToString"/>. A longer conversation loses lines from its middle.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>A mail for one or two recipients over a warm connection fits.</summary>
    private const int UsualEntries = 12;

    private const int KeptAtEnd = MaxLength / 4;
    private const int MaxEntries = 2 * SmtpEnvelope.MaxRecipients + 256;

    private readonly TimeProvider _time;
    private readonly long _start;
    private Entry[] _entries = new Entry[UsualEntries];
    private int _count;
    private int _leftOut;

    internal SmtpConversation(TimeProvider time, long start) => (_time, _start) = (time, start);

    private enum Kind : byte { Remark, Command, Mail, Rcpt, Message, Reply }

    private readonly record struct Entry(Kind Kind, int Milliseconds, object What, long Size);

    internal void Remark(string text) => Add(Kind.Remark, text);

    internal void Command(string line) => Add(Kind.Command, line);

    /// <param name="path">The path without its brackets.</param>
    /// <param name="parameters">The parameters with a space in front of each, but for SIZE.</param>
    /// <param name="size">The declared size in octets; 0 where SIZE was not sent.</param>
    internal void Mail(string path, string parameters, long size) => Add(Kind.Mail, parameters.Length == 0 ? path : (path, parameters), size);

    internal void Rcpt(string path) => Add(Kind.Rcpt, path);

    internal void Message(long octets) => Add(Kind.Message, "", octets);

    internal void Reply(SmtpReply reply) => Add(Kind.Reply, reply);

    private void Add(Kind kind, object what, long size = 0)
    {
        if (_count == MaxEntries)
        {
            _leftOut++;
            return;
        }
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }
        _entries[_count++] = new Entry(kind, (int)_time.GetElapsedTime(_start).TotalMilliseconds, what, size);
    }

    /// <summary>The lines, at most <see cref="MaxLength"/> characters in all, joined with \n.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        for (var i = 0; i < _count; i++)
        {
            Write(text, _entries[i]);
        }
        if (_leftOut > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"* ({_leftOut} more left out)\n");
        }
        return Shorten(text.ToString().TrimEnd('\n'));
    }

    private static void Write(StringBuilder text, Entry entry)
    {
        text.Append(CultureInfo.InvariantCulture, $"+{entry.Milliseconds}ms ");
        switch (entry.Kind)
        {
            case Kind.Remark:
                text.Append("* ").Append(entry.What);
                break;
            case Kind.Command:
                text.Append("> ").Append(entry.What);
                break;
            case Kind.Mail:
                var (path, parameters) = entry.What is (string p, string more) ? (p, more) : ((string)entry.What, "");
                text.Append("> MAIL FROM:<").Append(path).Append('>');
                if (entry.Size > 0)
                {
                    text.Append(CultureInfo.InvariantCulture, $" SIZE={entry.Size}");
                }
                text.Append(parameters);
                break;
            case Kind.Rcpt:
                text.Append("> RCPT TO:<").Append(entry.What).Append('>');
                break;
            case Kind.Message:
                text.Append(CultureInfo.InvariantCulture, $"> (message, {entry.Size:N0} bytes)");
                break;
            case Kind.Reply:
                Write(text, (SmtpReply)entry.What);
                break;
            default:
                throw new InvalidOperationException($"An entry of the unknown kind {entry.Kind} is in a conversation.");
        }
        text.Append('\n');
    }

    private static void Write(StringBuilder text, SmtpReply reply)
    {
        var rest = reply.Text.AsSpan();
        for (var end = rest.IndexOf('\n'); end >= 0; end = rest.IndexOf('\n'))
        {
            text.Append(CultureInfo.InvariantCulture, $"< {reply.Code}-").Append(rest[..end]).Append('\n');
            rest = rest[(end + 1)..];
        }
        text.Append(CultureInfo.InvariantCulture, $"< {reply.Code} ").Append(rest);
    }

    private static string Shorten(string text)
    {
        if (text.Length <= MaxLength)
        {
            return text;
        }
        // The head names the server, the tail names the end; whole lines only, where lines are not absurd.
        const string mark = "\n* (lines left out)\n";
        var keptAtStart = MaxLength - KeptAtEnd - mark.Length;
        var head = text.LastIndexOf('\n', keptAtStart);
        var tail = text.IndexOf('\n', text.Length - KeptAtEnd);
        return string.Concat(
            SmtpSyntax.Start(text, head > 0 ? head : keptAtStart),
            mark,
            SmtpSyntax.End(text, tail >= 0 ? tail + 1 : text.Length - KeptAtEnd));
    }
}
