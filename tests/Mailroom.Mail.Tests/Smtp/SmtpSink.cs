using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Mailroom.Mail.Tests.Smtp;

/// <summary>A real <c>smtp-sink</c> of postfix on a free loopback port, ended with the test.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    private readonly Process _process;

    private SmtpSink(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <param name="flags">Such as <c>-q</c>, <c>.</c>; see smtp-sink(1).</param>
    public static async Task<SmtpSink> StartAsync(params string[] flags)
    {
        var path = new[] { "/usr/sbin/smtp-sink", "/usr/local/sbin/smtp-sink", "/usr/bin/smtp-sink" }.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException("smtp-sink was not found. Install the package postfix; these tests speak to its smtp-sink.");
        var port = FreePort();
        string[] user = Environment.UserName == "root" ? ["-u", "nobody"] : [];
        var start = new ProcessStartInfo(path, [.. user, .. flags, $"127.0.0.1:{port}", "100"]) { RedirectStandardError = true };
        var sink = new SmtpSink(Process.Start(start) ?? throw new InvalidOperationException("smtp-sink did not start."), port);
        await sink.UntilListeningAsync();
        return sink;
    }

    private async Task UntilListeningAsync()
    {
        using var patience = new CancellationTokenSource(ScriptedServer.Patience);
        while (true)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException("smtp-sink ended: " + await _process.StandardError.ReadToEndAsync(patience.Token));
            }
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, Port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                // Not listening yet; there is no signal to wait for but the port itself.
                await Task.Yield();
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
