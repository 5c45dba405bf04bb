using System.Diagnostics;
using System.Text.Json;
using Mailroom.Mail.Kit.Matrix;
using Mailroom.Mail.Smtp;

namespace Mailroom.Mail.Tests.Smtp.Matrix;

/// <summary>Python's <c>smtplib</c> in one long-lived child process (<c>smtplib_sender.py</c>): an SMTP client that shares no code and no author with ours.</summary>
public sealed class SmtplibSender : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    private readonly Process _python;

    public SmtplibSender()
    {
        using var script = new StreamReader(typeof(SmtplibSender).Assembly.GetManifestResourceStream("smtplib_sender.py")!);
        _python = Python.Start(script.ReadToEnd(), "send mail by Python's smtplib");
    }

    /// <summary>One mail at a time. What the sender has to conclude for each recipient.</summary>
    public async Task<SmtplibConclusion> SendAsync(SmtpCase row, SmtpSettings settings, TimeSpan patience)
    {
        var mail = JsonSerializer.Serialize(new
        {
            settings.Port,
            Patience = patience.TotalSeconds,
            Roots = settings.Security == SmtpSecurity.StartTls ? settings.TrustedRoots!.ExportCertificatePems() : null,
            settings.Credentials?.User,
            Secret = "secret",
            row.Warm,
            row.Sender,
            To = row.Addresses,
            row.Text,
        }, s_json);
        await _python.StandardInput.WriteLineAsync(mail);
        await _python.StandardInput.FlushAsync();
        var line = await _python.StandardOutput.ReadLineAsync().WaitAsync(ScriptedServer.Patience);
        return JsonSerializer.Deserialize<SmtplibConclusion>(line ?? throw new EndOfStreamException("smtplib_sender.py has ended; its standard error says why."), s_json)!;
    }

    public void Dispose()
    {
        _python.StandardInput.Close();
        if (!_python.WaitForExit(ScriptedServer.Patience))
        {
            _python.Kill();
        }
        _python.Dispose();
    }
}

/// <param name="Each">For each recipient <c>delivered</c>, <c>refused</c> or <c>try again</c>.</param>
/// <param name="Told">The exception, or the dictionary that sendmail gives back.</param>
public sealed record SmtplibConclusion(IReadOnlyList<string> Each, string Told);
