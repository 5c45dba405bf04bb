using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Mailroom.Mail.Kit;

/// <summary>
/// Plays the scripts to a client that does not pipeline (RFC 2920 leaves that to the client): where a script reads several commands and
/// answers them together, this session gives each command its own reply before it reads the next. Verbs and SIZE may be in any case
/// (RFC 5321 section 2.4). Where the script ends or the client leaves it, the session can go on as a server without faults.
/// </summary>
public sealed partial class SteppedSession(Socket socket) : ScriptedSession(socket)
{
    private readonly Queue<string> _awaited = new();
    private readonly Dictionary<string, string> _answers = [];
    private string? _held;
    private string _last = "";
    private bool _isAnswered = true;
    private bool _messageComes;

    /// <summary>Waits for the first of the commands; each of the others is read when the one before it has its reply.</summary>
    public override async Task ExpectAsync(string expected)
    {
        _awaited.Clear();
        foreach (var line in expected.Split("\r\n")[..^1])
        {
            _awaited.Enqueue(PatternOf(line));
        }
        if (!await NextAsync())
        {
            throw new EndOfStreamException($"Expected '{expected}', the client {(_held is null ? "closed" : $"said '{_held}'")}.");
        }
    }

    public override async Task SendAsync(string text)
    {
        if (await DealAsync(text) is { } rest)
        {
            await SayAsync(rest);
            if (rest.Length > 0 && _awaited.Count > 0)
            {
                // From here the script does not answer. What it does next it does with the next command read.
                await NextAsync();
            }
        }
    }

    public override async Task SendAndFinishAsync(string text)
    {
        if (await DealAsync(text) is { } rest)
        {
            await base.SendAndFinishAsync(rest);
        }
    }

    public override async Task<string?> ReadLineAsync()
    {
        var line = _held ?? await base.ReadLineAsync();
        _held = null;
        if (line is not null)
        {
            line = AnyCase().Replace(line, word => word.Value.ToUpperInvariant());
            (_last, _isAnswered) = (line, false);
        }
        return line;
    }

    public override Task<string> ReadMessageAsync()
    {
        _messageComes = false;
        return base.ReadMessageAsync();
    }

    /// <summary>What the client says until then is not the script's to judge: it does not read before it has written.</summary>
    public override Task UntilClosedAsync(bool quit = false) => DrainAsync();

    /// <summary>
    /// A server without faults, until the client closes. It answers what the script has read and not answered, and refuses again what the
    /// script has refused: HELO where that was EHLO, and every mechanism of AUTH.
    /// </summary>
    public async Task GoOnAsync()
    {
        _awaited.Clear();
        if (_messageComes)
        {
            await PassMessageAsync();
        }
        else if (VerbOf(_last) == "STARTTLS" && _isAnswered && AnswerTo("STARTTLS").StartsWith("220", StringComparison.Ordinal))
        {
            await StartTlsAsync(TestCertificates.Good);
        }
        else if (!_isAnswered)
        {
            _held = _last;
        }
        while (await ReadLineAsync() is { } line)
        {
            await TrySendAsync(PlainAnswer(VerbOf(line)));
            if (_messageComes)
            {
                await ReadMessageAsync();
                await TrySendAsync("250 2.0.0 taken\r\n");
            }
        }
    }

    /// <summary>The rest of a message that has its reply already: the client's next command may be in one packet with the final dot.</summary>
    private async Task PassMessageAsync()
    {
        const string end = "\r\n.\r\n";
        _messageComes = false;
        var buffer = new byte[64 * 1024];
        var seen = "\r\n";
        for (int read; (read = await ReadSomeAsync(buffer)) > 0;)
        {
            seen = seen[^Math.Min(seen.Length, end.Length - 1)..] + Encoding.Latin1.GetString(buffer, 0, read);
            if (seen.IndexOf(end, StringComparison.Ordinal) is var at and >= 0)
            {
                var next = seen[(at + end.Length)..];
                _held = next.Length == 0 ? null : next.EndsWith('\n') ? next : next + await base.ReadLineAsync();
                return;
            }
        }
    }

    private string PlainAnswer(string verb) => verb switch
    {
        "EHLO" or "HELO" => RefusalOf("EHLO") ?? "250 test\r\n",
        "AUTH" => RefusalOf("AUTH") ?? "235 2.7.0 welcome\r\n",
        "MAIL" or "RCPT" or "RSET" => "250 2.0.0 ok\r\n",
        "DATA" => "354 go\r\n",
        "QUIT" => "221 2.0.0 bye\r\n",
        _ when AnswerTo("AUTH").StartsWith("334", StringComparison.Ordinal) => "235 2.7.0 welcome\r\n",
        _ => "500 5.5.2 what\r\n",
    };

    /// <summary>
    /// Gives each reply but the last to a command of its own, and what is left to the caller to send: the last, and all that follow DATA,
    /// after which a server has nothing more to wait for. Null: the client has left the script.
    /// </summary>
    private async Task<string?> DealAsync(string text)
    {
        var replies = new Queue<string>(Reply().Matches(text).Select(reply => reply.Value));
        while (replies.Count > 1 && (_awaited.Count > 0 || (Pipelines && VerbOf(_last) is "MAIL" or "RCPT")))
        {
            await SayAsync(replies.Dequeue());
            if (!await NextAsync())
            {
                return null;
            }
        }
        return string.Concat(replies);
    }

    /// <summary>The script offers PIPELINING, so its replies may be to commands that this client has not sent yet.</summary>
    private bool Pipelines => AnswerTo("EHLO").Contains("PIPELINING", StringComparison.Ordinal);

    private Task SayAsync(string text)
    {
        _messageComes |= !_isAnswered && VerbOf(_last) == "DATA" && text.StartsWith("354", StringComparison.Ordinal);
        _answers[VerbOf(_last)] = text;
        _isAnswered = true;
        return WriteAsync(text);
    }

    /// <summary>Reads one line. False: it is not the one awaited; it is kept for whoever reads next.</summary>
    private async Task<bool> NextAsync()
    {
        var line = await ReadLineAsync();
        var isIt = line is not null && (_awaited.TryDequeue(out var pattern) ? Regex.IsMatch(line, pattern) : VerbOf(line) is "RCPT" or "DATA");
        if (!isIt)
        {
            _held = line;
            _awaited.Clear();
        }
        return isIt;
    }

    private string AnswerTo(string verb) => _answers.GetValueOrDefault(verb, "");

    private string? RefusalOf(string verb) => AnswerTo(verb) is ['4' or '5', ..] refusal ? refusal : null;

    private static string VerbOf(string line) => line.Split(' ', '\r')[0];

    [GeneratedRegex("^(?:ehlo|helo|auth|mail from:|rcpt to:|data|rset|quit)|(?<=> )size=", RegexOptions.IgnoreCase)]
    private static partial Regex AnyCase();

    /// <summary>The lines that begin with a code and a hyphen, and the one after them, which may be cut short.</summary>
    [GeneratedRegex(@"(?:[0-9]{3}-[^\n]*\n)+[^\n]*\n?|[^\n]+\n?")]
    private static partial Regex Reply();
}
