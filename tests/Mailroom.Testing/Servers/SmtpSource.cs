using System.Globalization;

namespace Mailroom.Testing;

/// <summary>Postfix's <c>smtp-source</c>: a client that sends any number of small mails.</summary>
public static class SmtpSource
{
    /// <summary>Sends the mails and waits until the server has answered for all of them.</summary>
    /// <param name="port">A port of 127.0.0.1.</param>
    /// <param name="mails">How many.</param>
    /// <param name="connections">How many at a time.</param>
    /// <param name="from">The sender of all of them.</param>
    /// <param name="to">The recipient of all of them.</param>
    /// <param name="extra">Further flags of <c>smtp-source</c>.</param>
    /// <param name="within">Ends the wait; <see cref="Deadline.Usual"/> when not given.</param>
    /// <exception cref="SmtpSourceException">A mail was refused or the connection was lost: smtp-source gives up at the first.</exception>
    public static async Task Send(
        int port,
        int mails = 1,
        int connections = 1,
        string from = "sender@mailroom.test",
        string to = "recipient@example.test",
        IEnumerable<string>? extra = null,
        TimeSpan? within = null)
    {
        string[] arguments =
        [
            "-s", connections.ToString(CultureInfo.InvariantCulture), "-m", mails.ToString(CultureInfo.InvariantCulture),
            "-f", from, "-t", to, .. extra ?? [], $"inet:127.0.0.1:{port}",
        ];
        var (code, output) = await ChildProcess.Run(Executable.Find("smtp-source"), arguments, within).ConfigureAwait(false);

        // A refused mail is a warning to smtp-source when it has been told to go on; for a test it is a failure.
        if (code != 0 || output.Length > 0)
        {
            throw new SmtpSourceException($"smtp-source ended with {code}: {output}");
        }
    }
}

/// <summary>What <c>smtp-source</c> complained of.</summary>
public sealed class SmtpSourceException(string message) : Exception(message);
