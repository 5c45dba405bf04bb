using Mailroom.Mail.Kit.Matrix;
using Mailroom.Mail.Smtp;
using static Mailroom.Mail.Kit.SmtpTestBed;

namespace Mailroom.Mail.Tests.Smtp.Matrix;

/// <summary>Each row of the matrix against the client: its outcome, the step that decided, each recipient, and the connection afterwards.</summary>
public sealed class ClientMatrixTests
{
    public static TheoryData<string> Rows => [.. SmtpMatrix.ForClient];

    [Theory]
    [MemberData(nameof(Rows))]
    public Task A_server_that(string row) => PlayAsync(SmtpMatrix.Get(row), drips: false);

    [Theory]
    [MemberData(nameof(Rows))]
    public Task A_server_whose_replies_come_octet_by_octet_and_that(string row) => PlayAsync(SmtpMatrix.Get(row), drips: true);

    [Fact]
    public async Task A_server_that_closes_after_any_number_of_octets_of_a_message_leaves_it_uncertain()
    {
        var wire = Message.Length + ".\r\n".Length;
        for (var octets = 1; octets <= wire; octets++)
        {
            await PlayAsync(SmtpMatrix.DropAt(octets), drips: false);
        }
    }

    private static async Task PlayAsync(SmtpCase row, bool drips)
    {
        var result = await MatrixStage.PlayAsync(row, drips, (settings, network, time) => new ClientSender(settings, network, time));
        var told = $"{row}\n{result}\n{result.Conversation}";
        result.Outcome.ShouldBe(row.Ending.Outcome, told);
        result.Phase.ShouldBe(row.Phase, told);
        (result.Reply?.Code ?? 0).ShouldBe(row.Code, told);
        result.FinalDotSent.ShouldBe(row.Phase == SmtpPhase.FinalDot, told);
        if (row.Each is not null)
        {
            string.Join(' ', result.Recipients.Select(Name)).ShouldBe(row.Each.Replace("suppressed", "failed", StringComparison.Ordinal), told);
        }
    }

    private static string Name(SmtpRecipientResult recipient) => recipient.Outcome switch
    {
        SmtpRecipientOutcome.Accepted => "sent",
        SmtpRecipientOutcome.Rejected => "failed",
        SmtpRecipientOutcome.Deferred or SmtpRecipientOutcome.NotReached => "pending",
        SmtpRecipientOutcome.Uncertain => "uncertain",
        _ => throw new InvalidOperationException($"{recipient.Outcome} is not an outcome of a recipient."),
    };

    private sealed class ClientSender(SmtpSettings settings, ISmtpNetwork network, TimeProvider time) : IMatrixSender<SmtpResult>
    {
        private readonly SmtpConnectionPool _pool = new(settings, network, time);

        public Task<SmtpResult> SendAsync(SmtpCase row) =>
            _pool.SendAsync(SmtpEnvelope.Create(row.Sender, row.Addresses), Octets($"Subject: x\r\n\r\n{row.Text}\r\n")).AsTask();

        public async Task<bool> SendPlainAsync() => (await _pool.SendAsync(Envelope(), Message)).Outcome == SmtpOutcome.Accepted;

        public ValueTask DisposeAsync() => _pool.DisposeAsync();
    }
}
