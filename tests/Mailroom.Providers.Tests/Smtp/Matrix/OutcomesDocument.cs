using System.Globalization;
using System.Text;
using Mailroom.Mail.Kit.Matrix;

namespace Mailroom.Providers.Tests.Smtp.Matrix;

/// <summary>The operators' table <c>docs/smtp-outcomes.md</c>, written from the matrix.</summary>
internal static class OutcomesDocument
{
    private const string Head = """
        # SMTP outcomes

        What an SMTP server did, the attempt's status and reason, and what becomes of the mail. Written from the matrix that the tests play
        (`tests/Mailroom.Mail.Kit/Matrix`), and held to it by a test.

        ## How to read it

        | the mail | |
        |---|---|
        | `sent` | the server has taken responsibility |
        | `failed` | ended; correct the cause that the attempt's summary names, then resend |
        | `suppressed` | ended, and no failure: the server says that the recipient is not to be written to |
        | `queued`, counted | the next attempt comes by the ladder (1, 5, 30 minutes); with no step left the mail is `dead_letter` |
        | `queued` in n s, not counted | the server asked for less mail: it waits and uses up no step. Where the org rests too, none of its mail is sent meanwhile |
        | by `on_uncertain` | the final dot was sent and no valid reply to it came: the server may or may not have the mail. `retry` (default) queues it with the same Message-ID, counted; `hold` parks it as `uncertain`; `fail` ends it as `failed` |

        A time-out is the step's own (RFC 5321 section 4.5.3.2) or what is left of `MAIL_SMTP_TIMEOUT`, whichever is sooner; the attempt's summary
        and the log name the step. `gone`: the server has closed the connection. `closed`: Mailroom closes it at once, because it is lost or
        replies and commands may be out of step. In both, and after QUIT, the next mail goes over another connection. `kept`: the next mail goes over it.

        """;

    private const string OtherClientHead = """

        ## Where another client differs

        The same servers played to Python's `smtplib` (`sendmail`, which asks step by step and over one connection), to see where Mailroom decides
        otherwise than a client in wide use. A test holds the table to both. `try again` stands for `queued`, `refused` for `failed`
        and `suppressed`, `unknown` for "by `on_uncertain`"; where the recipients of a mail fare differently, there is a word for each. Where
        `smtplib` goes on though Mailroom stops, the server goes on as one without faults.

        """;

    public static string Write()
    {
        var text = new StringBuilder(Head.ReplaceLineEndings("\n"));
        foreach (var part in SmtpMatrix.All.Where(row => !row.ClientOnly).GroupBy(row => row.Part))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {char.ToUpperInvariant(part.Key[0])}{part.Key[1..]}\n\n");
            text.Append("| the server | step | attempt | reason | the mail | the connection |\n|---|---|---|---|---|---|\n");
            foreach (var row in part)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {row.Does} | {row.Phase} | `{row.Ending.Attempt}` | {Reason(row)} | {Mail(row)} | {Connection(row)} |\n");
            }
        }

        WriteOtherClient(text);
        return text.ToString();
    }

    private static void WriteOtherClient(StringBuilder text)
    {
        var played = OtherClient.Played.Count();
        var differ = ClientDifference.All.Sum(difference => difference.Rows.Length);
        text.Append(OtherClientHead.ReplaceLineEndings("\n"));
        text.Append(CultureInfo.InvariantCulture, $"Of {played} cases both conclude the same in {played - differ}. The other {differ}:\n\n");
        text.Append("| the server | `smtplib` | Mailroom | why |\n|---|---|---|---|\n");
        foreach (var difference in ClientDifference.All)
        {
            var mailroom = difference.Rows.Select(row => OtherClient.Fate(SmtpMatrix.Get(row))).Distinct().Single();
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join("<br>", difference.Rows)} | {difference.Concludes} | {mailroom} | {difference.Why} |\n");
        }

        text.Append("\nNot played:\n\n");
        foreach (var (row, why) in OtherClient.LeftOut)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {row}: {why}.\n");
        }
    }

    private static string Reason(SmtpCase row) => row.Ending.Reason is { } reason ? $"`{reason}`" : "";

    private static string Mail(SmtpCase row)
    {
        var ending = row.Ending;
        var mail = ending.Attempt == "uncertain" ? "by `on_uncertain`"
            : ending.Mail != "queued" ? $"`{ending.Mail}`"
            : ending.Counts ? "`queued`, counted"
            : string.Create(CultureInfo.InvariantCulture, $"`queued` in {row.Waits!.Value.TotalSeconds} s, not counted");
        if (row.SlowsOrg is { } rest)
        {
            mail += string.Create(CultureInfo.InvariantCulture, $"; the org rests {rest.TotalSeconds} s");
        }

        return row.Each is null ? mail : $"{mail}; recipients {row.Each.Replace(" ", ", ", StringComparison.Ordinal)}";
    }

    private static string Connection(SmtpCase row) => row.Replaced ? "gone; the mail goes over another at once" : row.Then switch
    {
        SmtpThen.ServerCloses => "gone",
        SmtpThen.ClientCloses => "closed",
        SmtpThen.ClientQuits => "QUIT",
        SmtpThen.Kept => "kept",
        SmtpThen.KeptAfterReset => "kept, RSET first",
        _ => throw new InvalidOperationException($"{row.Then} is not an end of a connection."),
    };
}
