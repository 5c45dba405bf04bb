using System.Text;
using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Kit;

/// <summary>The usual settings, mail and envelope of these tests.</summary>
public static class SmtpTestBed
{
    public static readonly byte[] Message = Octets("Subject: x\r\n\r\nhello\r\n");

    /// <summary>Every deadline is different, so that a test which waits for one knows the phase.</summary>
    public static readonly SmtpDeadlines Deadlines = new()
    {
        Connect = TimeSpan.FromSeconds(101),
        Tls = TimeSpan.FromSeconds(102),
        Greeting = TimeSpan.FromSeconds(103),
        Ehlo = TimeSpan.FromSeconds(104),
        Auth = TimeSpan.FromSeconds(105),
        Mail = TimeSpan.FromSeconds(106),
        Rcpt = TimeSpan.FromSeconds(107),
        Data = TimeSpan.FromSeconds(108),
        DataBlock = TimeSpan.FromSeconds(109),
        FinalDot = TimeSpan.FromSeconds(110),
        Quit = TimeSpan.FromSeconds(111),
        Whole = TimeSpan.FromSeconds(1000),
    };

    public static byte[] Octets(string latin1) => Encoding.Latin1.GetBytes(latin1);

    public static SmtpEnvelope Envelope(params string[] recipients) =>
        SmtpEnvelope.Create("a@example.com", recipients.Length == 0 ? ["b@example.com"] : recipients);

    public static SmtpSettings Settings(int port) => new()
    {
        Host = "127.0.0.1",
        Port = port,
        Security = SmtpSecurity.None,
        HeloName = "client.test",
        Deadlines = Deadlines,
        MaxConnections = 1,
        MaxIdle = TimeSpan.FromHours(2),
        MaxAge = TimeSpan.FromHours(3),
    };

    public static SmtpConnectionPool Pool(ScriptedServer server, TimeProvider? time = null, Func<SmtpSettings, SmtpSettings>? with = null) =>
        new((with ?? (settings => settings))(Settings(server.Port)), time: time ?? new ManualTimeProvider());

    /// <summary>Runs one mail against one script, pool and server closed before the result is given.</summary>
    public static async Task<SmtpResult> SendOnceAsync(
        Func<ScriptedSession, Task> script, SmtpEnvelope? envelope = null, byte[]? message = null, Func<SmtpSettings, SmtpSettings>? with = null)
    {
        await using var server = new ScriptedServer(script);
        await using var pool = Pool(server, with: with);
        return await pool.SendAsync(envelope ?? Envelope(), message ?? Message);
    }
}
