using Mailroom.Actors.Deliveries;
using Mailroom.Mail.Kit.Matrix;
using Mailroom.Mail.Smtp;
using Mailroom.Providers.Smtp;

namespace Mailroom.Providers.Tests.Smtp.Matrix;

/// <summary>
/// Each row of the matrix through the provider and the delivery: the attempt's status and reason, the mail's next status, whether a step of
/// the ladder is used up, and who of the recipients is still to be written to.
/// </summary>
public sealed class DeliveryMatrixTests
{
    public static TheoryData<string> Rows => [.. SmtpMatrix.ForDelivery];

    [Theory]
    [MemberData(nameof(Rows))]
    public Task A_mail_to_a_server_that(string row) => PlayAsync(SmtpMatrix.Get(row), drips: false);

    [Theory]
    [MemberData(nameof(Rows))]
    public Task A_mail_to_a_server_whose_replies_come_octet_by_octet_and_that(string row) => PlayAsync(SmtpMatrix.Get(row), drips: true);

    [Fact]
    public async Task A_mail_to_a_server_that_closes_after_any_number_of_octets_of_it_is_uncertain()
    {
        var wire = ".\r\n".Length;
        await PlayAsync(SmtpMatrix.Take(message => wire += message.Length), drips: false);
        wire.ShouldBeGreaterThan(100);
        for (var octets = 1; octets <= wire; octets++)
        {
            await PlayAsync(SmtpMatrix.DropAt(octets), drips: false);
        }
    }

    private static async Task PlayAsync(SmtpCase row, bool drips)
    {
        var report = await MatrixStage.PlayAsync(row, drips, (settings, network, time) => new ProviderSender(settings, network, time));
        var told = $"{row}\n{report.Status} {report.Reason}: {report.Summary}\n{report.Conversation}";
        var ending = row.Ending;
        report.Status.Name().ShouldBe(ending.Attempt, told);
        report.Reason.ShouldBe(ending.Reason, told);
        report.ReplyCode.ShouldBe(row.Code, told);
        report.ThrottledFor.ShouldBe(row.Waits, told);
        report.SlowsOrgFor.ShouldBe(row.SlowsOrg, told);
        report.Summary.ShouldNotBeNullOrEmpty(told);
        if (report.Status == AttemptStatus.TimedOut)
        {
            report.Summary.ShouldContain(row.Phase.ToString(), customMessage: told);
        }

        var after = MatrixMail.After(row, report);
        after.Status.Name().ShouldBe(ending.Mail, told);
        after.AttemptsMade.ShouldBe(ending.Counts ? 1 : 0, told);
        ShouldWait(row, after, told);
        ShouldTellRecipients(row, after, told);

        // With the ladder at its end, what counts ends the mail and what does not goes on.
        MatrixMail.After(row, report, before: 3).Status.Name().ShouldBe(ending is { Mail: "queued", Counts: true } ? "dead_letter" : ending.Mail, told);
        var isUncertain = report.Status == AttemptStatus.Uncertain;
        MatrixMail.After(row, report, onUncertain: UncertainPolicy.Hold).Status.Name().ShouldBe(isUncertain ? "uncertain" : ending.Mail, told);
        MatrixMail.After(row, report, onUncertain: UncertainPolicy.Fail).Status.Name().ShouldBe(isUncertain ? "failed" : ending.Mail, told);
    }

    /// <summary>A throttled mail waits as it was told, another as the ladder says.</summary>
    private static void ShouldWait(SmtpCase row, DeliveryState after, string told)
    {
        if (!after.Status.IsWaiting())
        {
            after.DueAt.ShouldBeNull(told);
            return;
        }

        var wait = after.DueAt!.Value - MatrixMail.T0;
        var least = row.Waits ?? RetryLadder.Default.Waits[0];
        wait.ShouldBeInRange(least, row.Waits is null ? least * 1.1 : least, told);
    }

    private static void ShouldTellRecipients(SmtpCase row, DeliveryState after, string told)
    {
        string.Join(' ', after.Recipients.Select(status => status.ToString().ToLowerInvariant())).ShouldBe(row.Each ?? "", told);
        if (after.Status.IsWaiting() && row.Each is not null)
        {
            after.PendingRecipients().ShouldBe(row.Each.Split(' ').Index().Where(each => each.Item is "pending" or "uncertain").Select(each => each.Index));
        }
    }

    private sealed class ProviderSender(SmtpSettings settings, ISmtpNetwork network, TimeProvider time) : IMatrixSender<AttemptReport>
    {
        private readonly SmtpProvider _provider = new(settings, RetryLadder.Default, time, network);

        public Task<AttemptReport> SendAsync(SmtpCase row) => SendAsync(MatrixMail.Request(row.Sender, row.Addresses, row.Text));

        public async Task<bool> SendPlainAsync() =>
            (await SendAsync(MatrixMail.Request("a@example.com", ["b@example.com"], "hello"))).Status == AttemptStatus.ProviderAccepted;

        public ValueTask DisposeAsync() => _provider.DisposeAsync();

        private Task<AttemptReport> SendAsync(DeliveryRequest request) => _provider.SendAsync(MatrixMail.Outbound(request), CancellationToken.None).AsTask();
    }
}
