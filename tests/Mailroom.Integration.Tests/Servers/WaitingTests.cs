using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Servers;

public sealed class WaitingTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(30);

    [Fact]
    public async Task A_signal_in_time_gives_its_value() =>
        (await Deadline.In().Wait(Task.FromResult(7), "seven")).ShouldBe(7);

    [Fact]
    public async Task A_signal_that_fails_gives_its_own_failure() =>
        await Should.ThrowAsync<TimeoutException>(() => Deadline.In().Wait(Task.FromException(new TimeoutException()), "it"));

    [Fact]
    public async Task A_signal_that_does_not_come_is_named_with_what_is_known()
    {
        var never = new TaskCompletionSource();

        var missed = await Should.ThrowAsync<DeadlinePassedException>(() => Deadline.In(Short).Wait(never.Task, "a sign", () => "nothing was heard"));

        missed.Message.ShouldBe("Waited 0.03 s for a sign, in vain.\nnothing was heard");
    }

    [Fact]
    public async Task A_look_is_taken_again_until_it_is_as_wanted()
    {
        var looks = 0;

        await Eventually.True(() => ++looks == 3, "three looks");

        looks.ShouldBe(3);
    }

    [Fact]
    public async Task A_look_that_is_never_as_wanted_ends_at_its_deadline() =>
        (await Should.ThrowAsync<DeadlinePassedException>(() => Eventually.True(() => false, "a wonder", Short)))
            .Message.ShouldContain("a wonder");

    [Fact]
    public async Task A_look_that_throws_ends_the_wait() =>
        await Should.ThrowAsync<InvalidDataException>(() => Eventually.True(bool () => throw new InvalidDataException(), "it"));
}
