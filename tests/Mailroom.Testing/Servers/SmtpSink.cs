using System.Globalization;
using System.Text.RegularExpressions;

namespace Mailroom.Testing;

/// <summary>
/// Postfix's <c>smtp-sink</c> on a free port of 127.0.0.1: a server that takes or, told so by its flags, refuses,
/// delays or breaks off every mail.
/// </summary>
public sealed partial class SmtpSink : IAsyncDisposable
{
    private const int Attempts = 5;
    private const string Backlog = "512";

    private readonly ChildProcess process;
    private readonly TemporaryFolder? dumps;

    private SmtpSink(ChildProcess process, int port, TemporaryFolder? dumps)
    {
        this.process = process;
        this.dumps = dumps;
        Port = port;
    }

    public int Port { get; }

    /// <summary>How many mails it has read to their final dot, those that it refused after that included. It tells after each.</summary>
    public int Mails => process.Log.Last(line => MailsIn(line) >= 0) is { } line ? MailsIn(line) : 0;

    /// <summary>What it complained of, for the message of a failure.</summary>
    public string Log => process.Log.Tail();

    /// <summary>Starts one and waits until it accepts connections.</summary>
    /// <param name="flags">Flags of <c>smtp-sink</c>, as <c>-8</c> (no 8BITMIME) or <c>-r RCPT</c> (4xx to RCPT).</param>
    /// <param name="keepMails">Keeps each mail in a file, for <see cref="ReadMails"/>.</param>
    public static async Task<SmtpSink> Start(IEnumerable<string>? flags = null, bool keepMails = false)
    {
        string[] given = [.. flags ?? []];
        for (var attempt = 1; ; attempt++)
        {
            var dumps = keepMails ? new TemporaryFolder() : null;
            var port = LoopbackPort.Free();
            var process = ChildProcess.Start(Executable.Find("smtp-sink"), Arguments(given, port, dumps));
            if (await Listens(process, port).ConfigureAwait(false))
            {
                return new SmtpSink(process, port, dumps);
            }

            await process.DisposeAsync().ConfigureAwait(false);
            dumps?.Dispose();
            if (attempt == Attempts || !process.Log.Tail().Contains("in use", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"smtp-sink did not start: {process.Log.Tail()}");
            }
        }
    }

    /// <summary>Waits until that many mails have been read to their final dot.</summary>
    public Task WaitForMails(int count, TimeSpan? within = null) =>
        count <= 0
            ? Task.CompletedTask
            : Deadline.In(within).Wait(
                process.Log.Line(line => MailsIn(line) >= count), $"{count} mails in smtp-sink", () => $"{Mails} came. {Log}");

    /// <summary>
    /// The mails as they came, in no order. Above each mail's own header stand the lines <c>X-Client-Addr</c>,
    /// <c>X-Helo-Args</c>, <c>X-Mail-Args</c>, <c>X-Rcpt-Args</c> (one for each recipient) and <c>Received</c>; lines end in LF.
    /// </summary>
    public IReadOnlyList<byte[]> ReadMails()
    {
        var folder = dumps ?? throw new InvalidOperationException("Start the sink with keepMails to read what it took.");
        return [.. Directory.EnumerateFiles(Path.Combine(folder.Path, "mails")).Select(File.ReadAllBytes)];
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync().ConfigureAwait(false);
        dumps?.Dispose();
    }

    private static List<string> Arguments(string[] flags, int port, TemporaryFolder? dumps)
    {
        List<string> arguments = ["-c"];
        if (Environment.IsPrivilegedProcess)
        {
            arguments.AddRange(["-u", "nobody"]);
        }

        if (dumps is not null)
        {
            arguments.AddRange(["-d", $"{dumps.FolderForEveryone("mails")}/mail."]);
        }

        return [.. arguments, .. flags, $"inet:127.0.0.1:{port}", Backlog];
    }

    private static async Task<bool> Listens(ChildProcess process, int port)
    {
        await Eventually.True(
            async () => process.HasExited || await LoopbackPort.Answers(port).ConfigureAwait(false),
            $"smtp-sink to listen on port {port}",
            detail: () => process.Log.Tail()).ConfigureAwait(false);

        // The port may be another server's that took it first. Ours counts the connection just made, or ends.
        await Deadline.In().Wait(
            Task.WhenAny(process.Exited, process.Log.Line(Counters().IsMatch)), "smtp-sink to count a connection").ConfigureAwait(false);
        return !process.HasExited;
    }

    private static int MailsIn(string line) =>
        Counters().Match(line) is { Success: true } match && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var mails)
            ? mails
            : -1;

    [GeneratedRegex(@"\bmesg=(\d{1,9})$", RegexOptions.CultureInvariant)]
    private static partial Regex Counters();
}
