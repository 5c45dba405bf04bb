using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Data.Sqlite;
using Mailroom.Host.Running;
using Mailroom.Integration.Tests.Service.Under;
using Mailroom.Integration.Tests.Settings;
using Mailroom.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mailroom.Integration.Tests.Service;

/// <summary>The composition root without a process around it.</summary>
public sealed class CompositionTests
{
    [Fact]
    [Trait("Requirement", "D09")]
    public async Task One_root_composes_the_service_also_on_parts_that_a_test_gives_it()
    {
        using var folder = new TemporaryFolder();
        var settings = Start.Sound(Start.With(new Dictionary<string, string>
        {
            ["MAILROOM_DATA_DIR"] = folder.Path,
            ["MAILROOM_PUBLIC_HTTP_ADDR"] = "127.0.0.1:0",
            ["MAIL_INTERNAL_HTTP_ADDR"] = "127.0.0.1:0",
            ["MAIL_TEMPLATE_DIR"] = Path.Combine(MailroomEnvironment.Checkout, "templates"),
        }));
        var provider = new GivenProvider();
        var file = Path.Combine(folder.Path, "given.db");
        var process = new MailroomProcess(settings, NullLoggerFactory.Instance, new ProcessParts
        {
            OpenStore = (_, clock) => SqliteStore.Open(new SqliteOptions(file, TimeSpan.FromSeconds(1)), clock),
            OpenProvider = (_, _, _) => provider,
        });
        await using (process)
        {
            await process.StartAsync(CancellationToken.None);
            using var http = new HttpClient();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", process.DevelopmentKey);
            using var response = await http.PostAsJsonAsync(new Uri(process.PublicUrl, "/api/v1/emails"), TestMail.To("ada@example.test"));

            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            var mail = await Deadline.In().Wait(provider.Taken, "the given provider to be handed the mail");
            mail.Request.To.ShouldHaveSingleItem().Address.ShouldBe("ada@example.test");
            await process.StopAsync();
        }

        File.Exists(file).ShouldBeTrue();
        File.Exists(settings.Store.SqlitePath).ShouldBeFalse();
    }

    private sealed class GivenProvider : IMailProvider
    {
        private readonly TaskCompletionSource<OutboundMail> _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<OutboundMail> Taken => _taken.Task;

        public string Name => "given";

        public RetryLadder Ladder => RetryLadder.Default;

        public ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping)
        {
            _taken.TrySetResult(mail);
            return new(new AttemptReport { Status = AttemptStatus.ProviderAccepted, ReplyCode = 250 });
        }
    }
}
