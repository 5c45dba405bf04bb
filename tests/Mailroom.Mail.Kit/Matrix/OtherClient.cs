namespace Mailroom.Mail.Kit.Matrix;

/// <summary>The matrix as another client has it: which rows it plays, and the words in which its conclusions and Mailroom's are compared.</summary>
public static class OtherClient
{
    /// <summary>Rows that say nothing about another client, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> LeftOut = new Dictionary<string, string>
    {
        ["connect: sends its greeting one octet a second"] =
            "`smtplib` measures each wait by the real clock and for itself, so it waits as long as octets come; Mailroom's deadline is for the whole greeting",
        ["EHLO: does not offer 8BITMIME, and the text is not ASCII: it goes encoded"] = "this is about how Mailroom composes a mail; `smtplib` composes none",
    };

    public static IEnumerable<SmtpCase> Played => SmtpMatrix.All.Where(row => !LeftOut.ContainsKey(row.ToString()));

    /// <summary>What Mailroom concludes for each recipient: <c>delivered</c>, <c>refused</c>, <c>try again</c>, or <c>unknown</c> whether the server has the mail.</summary>
    public static string Fate(SmtpCase row)
    {
        var whole = row.Ending.Attempt == "uncertain" ? "uncertain" : row.Ending.Mail;
        var each = row.Each?.Split(' ') ?? [.. row.Addresses.Select(_ => whole)];
        return Fate(each.Select(recipient => recipient switch
        {
            "sent" => "delivered",
            "failed" or "suppressed" => "refused",
            "pending" or "queued" => "try again",
            "uncertain" => "unknown",
            _ => throw new InvalidOperationException($"{recipient} is not a fate of a recipient."),
        }));
    }

    /// <summary>One word where all recipients fare alike, else one for each.</summary>
    public static string Fate(IEnumerable<string> each)
    {
        string[] all = [.. each];
        return all.Distinct().Count() == 1 ? all[0] : string.Join(", ", all);
    }
}
