namespace Mailroom.Testing;

/// <summary>
/// A real Postfix of the test's own, with its own configuration, queue and data, on a free port of 127.0.0.1. It takes
/// mail for <see cref="Domain"/> into one maildir, offers STARTTLS, and delivers nothing anywhere else.
/// </summary>
/// <remarks>Postfix runs as root alone. Where the tests run as another user, <c>sudo -n</c> has to work.</remarks>
public sealed class Postfix : IAsyncDisposable
{
    /// <summary>Every address at this domain exists.</summary>
    public const string Domain = "example.test";

    private const int Attempts = 5;
    private const uint Nobody = 65534;

    private readonly PostfixConfiguration configuration;
    private readonly TemporaryFolder folder;

    private Postfix(PostfixConfiguration configuration, TemporaryFolder folder, string certificate)
    {
        this.configuration = configuration;
        this.folder = folder;
        CertificatePem = certificate;
    }

    public int Port => configuration.Port;

    /// <summary>The certificate that STARTTLS shows, for <c>localhost</c> and 127.0.0.1.</summary>
    public string CertificatePem { get; }

    private string Arrived => Path.Combine(configuration.Maildir, "new");

    /// <summary>Starts one and waits until it is ready.</summary>
    public static async Task<Postfix> Start()
    {
        for (var attempt = 1; ; attempt++)
        {
            var folder = new TemporaryFolder();
            var certificate = SelfSignedCertificate.Create();
            var configuration = Write(folder, certificate);

            // Comes back when the master process listens or has failed.
            var (code, output) = await AsRoot("postfix", "-c", configuration.ConfigFolder, "start").ConfigureAwait(false);
            if (code == 0)
            {
                return new Postfix(configuration, folder, certificate.CertificatePem);
            }

            var log = await ReadLog(configuration).ConfigureAwait(false);
            await Remove(folder).ConfigureAwait(false);
            if (attempt == Attempts || !log.Contains("Address already in use", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"postfix did not start ({code}): {output}\n{log}");
            }
        }
    }

    /// <summary>The files of the mails delivered so far, in no order. Each has Return-Path, X-Original-To and Delivered-To on top; lines end in LF.</summary>
    public IReadOnlyList<string> Mails() => [.. Directory.EnumerateFiles(Arrived)];

    /// <summary>Waits until that many mails (one for each recipient) are in the maildir, and gives their files.</summary>
    public async Task<IReadOnlyList<string>> WaitForMail(int count, TimeSpan? within = null)
    {
        await MaildirWatch.WaitFor(
            Arrived, count, Deadline.In(within), $"{count} mails in postfix's maildir", () => $"{Mails().Count} came.").ConfigureAwait(false);
        return Mails();
    }

    /// <summary>What Postfix logged.</summary>
    public Task<string> ReadLog() => ReadLog(configuration);

    public async ValueTask DisposeAsync()
    {
        var (code, output) = await AsRoot("postfix", "-c", configuration.ConfigFolder, "stop").ConfigureAwait(false);
        var log = code == 0 ? "" : await ReadLog(configuration).ConfigureAwait(false);
        await Remove(folder).ConfigureAwait(false);
        if (code != 0)
        {
            throw new InvalidOperationException($"postfix did not stop ({code}): {output}\n{log}");
        }
    }

    private static PostfixConfiguration Write(TemporaryFolder folder, SelfSignedCertificate certificate)
    {
        // Postfix delivers as nobody when root asks, and as the user of the tests otherwise, who reads the mails then.
        var (user, group) = Environment.IsPrivilegedProcess ? (Nobody, Nobody) : (Unix.EffectiveUserId(), Unix.EffectiveGroupId());
        var configuration = new PostfixConfiguration(folder.Path, LoopbackPort.Free(), user, group);
        folder.LetOthersPass();
        folder.Folder("etc");
        folder.Folder("log");
        folder.Folder("queue");
        folder.Folder("mail");
        foreach (var part in (string[])["mail/inbox", "mail/inbox/cur", "mail/inbox/new", "mail/inbox/tmp"])
        {
            folder.FolderForEveryone(part);
        }

        File.WriteAllText(Path.Combine(configuration.ConfigFolder, "main.cf"), configuration.MainCf);
        File.WriteAllText(Path.Combine(configuration.ConfigFolder, "master.cf"), configuration.MasterCf);
        File.WriteAllText(configuration.CertificateFile, certificate.CertificatePem);
        File.WriteAllText(configuration.KeyFile, certificate.PrivateKeyPem);
        File.SetUnixFileMode(configuration.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return configuration;
    }

    private static async Task<string> ReadLog(PostfixConfiguration configuration) =>
        (await AsRoot("cat", configuration.LogFile).ConfigureAwait(false)).Output;

    private static async Task Remove(TemporaryFolder folder)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            // The queue belongs to Postfix's own user.
            await AsRoot("rm", "-rf", "--", folder.Path).ConfigureAwait(false);
            Directory.CreateDirectory(folder.Path);
        }

        folder.Dispose();
    }

    private static Task<(int ExitCode, string Output)> AsRoot(string program, params string[] arguments)
    {
        var path = Executable.Find(program);
        return Environment.IsPrivilegedProcess
            ? ChildProcess.Run(path, arguments)
            : ChildProcess.Run(Executable.Find("sudo"), ["-n", path, .. arguments]);
    }
}
