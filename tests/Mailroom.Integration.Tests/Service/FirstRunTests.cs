using System.Text.Json;
using System.Text.RegularExpressions;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service;

/// <summary>What a newcomer sees: the dev profile in an empty directory, with no setting but the ports and the templates.</summary>
public sealed partial class FirstRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_printed_line_works_as_printed_and_the_mail_shows()
    {
        await using var service = await Start();
        var line = CurlLine(service);

        var (code, output) = await ChildProcess.Run(Executable.Find("bash"), ["-c", line]);

        code.ShouldBe(0, output);
        using var answer = JsonDocument.Parse(output);
        var id = answer.RootElement.GetProperty("id").GetString();
        var url = Printed(service, "mail");
        url.ShouldEndWith("/captured");
        using var http = new HttpClient();
        await Eventually.True(
            async () => (await http.GetStringAsync(new Uri(url + "/mails"))).Contains("It works", StringComparison.Ordinal), "the mail to show", detail: () => service.Log.Tail());
        (await http.GetStringAsync(new Uri($"{url}/mails/{id}/raw"))).ShouldContain("<p>The first mail.</p>");
        (await http.GetStringAsync(new Uri(url))).ShouldContain("<html");
        (await http.GetStringAsync(new Uri(Printed(service, "docs")))).ShouldContain("<html");
    }

    [Fact]
    public async Task The_second_start_prints_the_same_key()
    {
        await using var service = await Start();
        var first = Printed(service, "key");
        first.ShouldStartWith("mr_test_");
        (await service.Terminate()).ShouldBe(0);

        await service.Restart();
        await UntilPrinted(service);

        Printed(service, "key").ShouldBe(first);
        (await ChildProcess.Run(Executable.Find("bash"), ["-c", CurlLine(service)])).Output.ShouldContain("\"id\"");
    }

    [Fact]
    public async Task The_key_is_for_its_owner_alone()
    {
        await using var service = await Start();

        File.GetUnixFileMode(Path.Combine(folder.Path, "mailroom-data", "dev-key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => folder.Dispose();

    private static string CurlLine(ServiceProcess service)
    {
        var line = service.Log.Last(line => line.Contains("try it", StringComparison.Ordinal))!;
        return line[line.IndexOf("curl", StringComparison.Ordinal)..];
    }

    private static string Printed(ServiceProcess service, string name) => service.Log.Lines
        .Select(line => BannerLine().Match(line))
        .Last(match => match.Success && match.Groups["name"].Value == name).Groups["value"].Value;

    private static Task<string> UntilPrinted(ServiceProcess service) =>
        Deadline.In().Wait(service.Log.Line(line => line.Contains("try it", StringComparison.Ordinal)), "the first lines", () => service.Log.Tail());

    [GeneratedRegex("^  (?<name>mail|docs|key) +(?<value>[^ ]+)$")]
    private static partial Regex BannerLine();

    private Task<ServiceProcess> Start()
    {
        var environment = new Dictionary<string, string?>
        {
            ["MAILROOM_PUBLIC_HTTP_ADDR"] = "127.0.0.1:0",
            ["MAIL_INTERNAL_HTTP_ADDR"] = "127.0.0.1:0",
            ["MAIL_TEMPLATE_DIR"] = Path.Combine(MailroomEnvironment.Checkout, "templates"),
        };
        return ServiceProcess.Start(
            ServiceCommand.Mailroom(environment, workingDirectory: folder.Path), Readiness.Line(line => line.Contains("try it", StringComparison.Ordinal)));
    }
}
