using Mailroom.Mail.Kit.Matrix;

namespace Mailroom.Mail.Tests.Smtp.Matrix;

/// <summary>
/// The matrix through another client. It concludes of each recipient what Mailroom concludes, or the difference has its reason in
/// <see cref="ClientDifference.All"/>, which <c>docs/smtp-outcomes.md</c> repeats.
/// </summary>
public sealed class DifferentialTests(SmtplibSender smtplib) : IClassFixture<SmtplibSender>
{
    public static TheoryData<string> Rows => [.. OtherClient.Played.Select(row => row.ToString())];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Smtplib_concludes_what_Mailroom_does_or_differs_for_a_written_reason_about_a_server_that(string row)
    {
        var played = SmtpMatrix.Get(row);
        var smtplibs = await OtherClientStage.PlayAsync(played, (settings, patience) => smtplib.SendAsync(played, settings, patience));
        var ours = OtherClient.Fate(played);
        var written = ClientDifference.All.SingleOrDefault(difference => difference.Rows.Contains(row))?.Concludes;
        OtherClient.Fate(smtplibs.Each).ShouldBe(written ?? ours, $"{row}\nMailroom concludes: {ours}\nsmtplib says: {smtplibs.Told}");
        ours.ShouldNotBe(written, $"this is no difference any more, so its row is stale: {row}");
    }

    [Fact]
    public void What_is_said_of_another_client_is_said_of_rows_that_exist_and_once()
    {
        string[] named = [.. ClientDifference.All.SelectMany(difference => difference.Rows), .. OtherClient.LeftOut.Keys];
        named.ShouldBeUnique();
        named.ShouldBeSubsetOf(SmtpMatrix.All.Select(row => row.ToString()));
    }
}
