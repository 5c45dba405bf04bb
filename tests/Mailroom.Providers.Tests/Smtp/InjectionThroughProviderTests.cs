using System.Net;
using Mailroom.Actors.Deliveries;
using Mailroom.Mail.Kit;
using Mailroom.Mail.Smtp;
using Mailroom.Providers.Smtp;
using Mailroom.Providers.Tests.Smtp.Matrix;

namespace Mailroom.Providers.Tests.Smtp;

/// <summary>
/// A field that holds what ends a line or a message is refused before a connection is made (nodemailer CVE-2026-82853, CVE-2026-82854,
/// CVE-2026-82661). The edge refuses it too; this is the last line.
/// </summary>
public sealed class InjectionThroughProviderTests
{
    private static readonly Dictionary<string, Func<DeliveryRequest, string, DeliveryRequest>> Fields = new()
    {
        ["from"] = (mail, bad) => mail with { From = new($"a{bad}@example.com") },
        ["from's name"] = (mail, bad) => mail with { From = new("a@example.com", $"A{bad}") },
        ["to"] = (mail, bad) => mail with { To = [new($"b@example.com{bad}")] },
        ["to's name"] = (mail, bad) => mail with { To = [new("b@example.com", $"B{bad}")] },
        ["cc"] = (mail, bad) => mail with { Cc = [new($"c{bad}@example.com")] },
        ["bcc"] = (mail, bad) => mail with { Bcc = [new($"d{bad}@example.com")] },
        ["reply-to"] = (mail, bad) => mail with { ReplyTo = [new($"e@exam{bad}ple.com")] },
        ["subject"] = (mail, bad) => mail with { Subject = $"x{bad}" },
        ["a header's name"] = (mail, bad) => mail with { Headers = [new($"X-A{bad}", "b")] },
        ["a header's value"] = (mail, bad) => mail with { Headers = [new("X-A", $"b{bad}")] },
        ["a list header's comment"] = (mail, bad) => mail with { Headers = [new("List-Unsubscribe", $"(comment{bad}) <https://example.com/u>")] },
        ["a file's name"] = (mail, bad) => mail with { Attachments = [new($"a{bad}.txt", null, null, "x"u8.ToArray())] },
        ["a file's type"] = (mail, bad) => mail with { Attachments = [new("a.txt", $"text/plain{bad}", null, "x"u8.ToArray())] },
        ["a file's content id"] = (mail, bad) => mail with { Attachments = [new("a.png", "image/png", $"id{bad}", "x"u8.ToArray())] },
    };

    private static readonly string[] Attacks = ["\r", "\n", "\r\n", "\0", "\r\nBcc: evil@example.com", "\r\n.\r\nMAIL FROM:<evil@example.com>\r\n", "\n.\n", "\r\n\r\n"];

    public static TheoryData<string> Names => [.. Fields.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_field_that_would_break_out_is_refused_before_a_connection_is_made(string field)
    {
        var network = new NoNetwork();
        await using var provider = new SmtpProvider(SmtpTestBed.Settings(25), RetryLadder.Default, TimeProvider.System, network);
        foreach (var attack in Attacks)
        {
            var mail = Fields[field](MatrixMail.Request("a@example.com", ["b@example.com"], "hello"), attack);
            var report = await provider.SendAsync(MatrixMail.Outbound(mail), CancellationToken.None);
            report.Status.ShouldBeOneOf([AttemptStatus.RenderFailed, AttemptStatus.ProviderRejected], $"{field}: {Uri.EscapeDataString(attack)}");
            report.Reason.ShouldBeOneOf("invalid_message", "invalid_envelope");
            report.Summary.ShouldNotBeNull().ShouldNotContain("evil");
        }

        network.Connects.ShouldBe(0);
    }

    [Fact]
    public async Task A_field_without_an_attack_is_sent()
    {
        var network = new NoNetwork();
        await using var provider = new SmtpProvider(SmtpTestBed.Settings(25), RetryLadder.Default, TimeProvider.System, network);
        foreach (var field in Fields.Values)
        {
            var mail = field(MatrixMail.Request("a@example.com", ["b@example.com"], "hello"), "");
            (await provider.SendAsync(MatrixMail.Outbound(mail), CancellationToken.None)).Reason.ShouldBe("connect_failed");
        }

        network.Connects.ShouldBe(Fields.Count);
    }

    /// <summary>Refuses every connection and counts them.</summary>
    private sealed class NoNetwork : ISmtpNetwork
    {
        public int Connects { get; private set; }

        public ValueTask<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancel) => new([IPAddress.Loopback]);

        public ValueTask<SmtpWire> ConnectAsync(IPEndPoint remote, CancellationToken cancel)
        {
            Connects++;
            throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused);
        }
    }
}
