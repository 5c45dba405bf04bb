using System.ComponentModel;
using System.Diagnostics;

namespace Mailroom.Api.Tests.ResendClient;

public sealed class ResendClientTests
{
    private const string Version = "6.38.0";

    [Fact]
    public async Task Resends_official_node_client_works_with_only_the_base_url_changed()
    {
        await using var edge = await Edge.StartAsync();
        var folder = Directory.CreateTempSubdirectory("mailroom-resend-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "package.json"), """{"private":true,"type":"module"}""");
            File.Copy(Path.Combine(AppContext.BaseDirectory, "ResendClient", "client.mjs"), Path.Combine(folder.FullName, "client.mjs"));
            await RunAsync(edge, folder.FullName, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "resend@" + Version);
            var said = await RunAsync(edge, folder.FullName, "node", "client.mjs");

            said.ShouldContain("all went well");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> RunAsync(Edge edge, string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MAILROOM_URL"] = $"http://{edge.PublicEndpoint}";
        start.Environment["MAILROOM_KEY"] = Edge.Key;
        using var process = Start(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(limit.Token);
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)} said: {await output} {await errors}");
        return await output;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            throw new InvalidOperationException($"This test needs Node.js 20 or newer: {start.FileName} was not found. Install it with: apt-get install nodejs npm");
        }
    }
}
