using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Tests.Orgs;

[Trait("Requirement", "A35")]
public sealed class RateLimitTests
{
    [Theory]
    [InlineData(1, 1150)]
    [InlineData(2, 575)]
    [InlineData(3, 384)]
    [InlineData(10, 115)]
    [InlineData(100, 12)]
    public void Calls_are_a_second_and_fifteen_percent_by_the_limit_apart(int rps, int milliseconds) =>
        RateLimit.Spacing(rps).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public void No_other_limit_is_one(int rps) => Should.Throw<ArgumentOutOfRangeException>(() => RateLimit.Spacing(rps));

    [Fact]
    public void Whenever_calls_are_asked_for_no_two_are_closer_than_the_spacing_and_no_second_sees_more_than_the_limit() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), Gen.Choose(1, 100).ToArbitrary(), (waits, rps) =>
        {
            var spacing = RateLimit.Spacing(rps);
            var now = TimeSpan.Zero;
            TimeSpan? last = null;
            var calls = new List<TimeSpan>();
            foreach (var wait in waits)
            {
                now += TimeSpan.FromMilliseconds(wait * 3);
                last = RateLimit.Next(last, spacing, now);
                last.Value.ShouldBeGreaterThanOrEqualTo(now);
                calls.Add(last.Value);
            }

            calls.Zip(calls.Skip(1)).ShouldAllBe(pair => pair.Second - pair.First >= spacing);
            calls.ShouldAllBe(from => calls.Count(call => call >= from && call < from + TimeSpan.FromSeconds(1)) <= rps);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Without_a_limit_calls_go_at_once()
    {
        RateLimit.Next(TimeSpan.FromSeconds(9), null, TimeSpan.FromSeconds(9)).ShouldBe(TimeSpan.FromSeconds(9));
        RateLimit.Next(null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9)).ShouldBe(TimeSpan.FromSeconds(9));
    }
}
