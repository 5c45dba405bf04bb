using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Actors.Tests.Deliveries;

public sealed class RetryLadderTests
{
    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 300)]
    [InlineData(3, 1800)]
    public void Each_attempt_waits_its_step_and_at_most_a_tenth_more(int attemptsMade, int seconds) =>
        Prop.ForAll(ArbMap.Default.ArbFor<Guid>(), id =>
        {
            var wait = RetryLadder.Default.Next(new(id.ToString("N")), attemptsMade, Mails.T0)!.Value - Mails.T0;
            return wait >= TimeSpan.FromSeconds(seconds) && wait <= TimeSpan.FromSeconds(seconds * 1.1);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(int.MaxValue)]
    public void After_the_last_step_there_is_no_next_attempt(int attemptsMade) => RetryLadder.Default.Next(Mails.Id, attemptsMade, Mails.T0).ShouldBeNull();

    [Fact]
    public void The_same_history_gives_the_same_time_and_other_mail_another_one()
    {
        RetryLadder.Default.Next(Mails.Id, 1, Mails.T0).ShouldBe(RetryLadder.Default.Next(Mails.Id, 1, Mails.T0));
        Enumerable.Range(0, 100).Select(i => RetryLadder.Default.Next(new($"em_{i}"), 1, Mails.T0)).Distinct().Count().ShouldBeGreaterThan(90);
    }

    [Fact]
    public void A_ladder_without_steps_allows_one_attempt()
    {
        var none = new RetryLadder([]);

        none.Next(Mails.Id, 0, Mails.T0).ShouldBe(Mails.T0);
        none.Next(Mails.Id, 1, Mails.T0).ShouldBeNull();
    }
}
