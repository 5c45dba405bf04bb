using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

/// <summary>What holds whatever happens, in whatever order.</summary>
public sealed class RandomHistoryTests
{
    [Fact]
    public void Every_history_keeps_the_promises_of_a_delivery() => Check(history =>
    {
        foreach (var turn in history.Turns)
        {
            AttemptsNeverDecrease(turn);
            TerminalStaysTerminalButForWorseWords(turn);
            DueAtIsKnownExactlyWhileSomethingIsToHappen(turn.After);
            NothingHappensTwice(turn);
        }
    });

    [Fact]
    public void Replaying_the_events_gives_the_state_that_lived_through_them() => Check(history =>
        Mails.After(history.Events).ShouldBeEquivalentTo(history.State));

    [Fact]
    public void At_most_one_dead_letter_is_written_and_it_is_the_end() => Check(history =>
    {
        var deadLetters = history.Events.Count(happened => happened is DeliveryDeadLettered);

        deadLetters.ShouldBe(history.State.Status == DeliveryStatus.DeadLetter ? 1 : 0);
    });

    [Fact]
    public void Every_attempt_ends_at_most_once_and_only_the_newest_is_open() => Check(history =>
    {
        var ended = history.Events.OfType<AttemptEnded>().Select(attempt => attempt.AttemptNo).ToList();

        ended.ShouldBeUnique();
        history.Events.OfType<AttemptStarted>().Select(attempt => attempt.AttemptNo).ShouldBe(Enumerable.Range(1, history.State.LastAttemptNo));
        ended.Count.ShouldBe(history.State.LastAttemptNo - (history.State.Status == DeliveryStatus.Sending ? 1 : 0));
    });

    [Theory]
    [Trait("Requirement", "C33")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    public void The_dead_letter_comes_after_exactly_one_attempt_more_than_the_ladder_has_waits(int waits)
    {
        var ladder = new RetryLadder([.. Enumerable.Repeat(TimeSpan.FromMinutes(1), waits)]);
        Check(choices =>
        {
            var state = Mails.In(DeliveryStatus.Queued);
            var counted = 0;
            for (var step = 0; state.Status != DeliveryStatus.DeadLetter; step++)
            {
                var throttled = step < choices.Length && choices[step] % 3 == 0;
                var interrupted = step < choices.Length && choices[step] % 3 == 1;
                state = Mails.When(state, new ClaimAttempt(Mails.Claim(step + 1)), state.DueAt).After;
                state.Status.ShouldBe(DeliveryStatus.Sending);
                var report = throttled ? Reports.Throttled(TimeSpan.FromSeconds(3)) : interrupted ? Reports.Interrupted : step % 2 == 0 ? Reports.Unreachable : Reports.TimedOut;
                state = Mails.When(state, new AttemptFinished(state.Claim!.Token, report, ladder), state.ClaimedAt).After;
                counted += throttled || interrupted ? 0 : 1;
                state.AttemptsMade.ShouldBe(counted);
            }

            counted.ShouldBe(1 + waits);
        });
    }

    private static void AttemptsNeverDecrease(EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn turn)
    {
        turn.After.AttemptsMade.ShouldBeGreaterThanOrEqualTo(turn.Before.AttemptsMade);
        turn.After.LastAttemptNo.ShouldBeGreaterThanOrEqualTo(turn.Before.LastAttemptNo);
        turn.After.AttemptsMade.ShouldBeLessThanOrEqualTo(turn.After.LastAttemptNo);
    }

    private static void TerminalStaysTerminalButForWorseWords(EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn turn)
    {
        if (turn.Before.Status.IsTerminal() && turn.After.Status != turn.Before.Status)
        {
            turn.Message.ShouldBeOfType<ProviderReported>();
            turn.Before.Status.Severity().ShouldBeInRange(1, turn.After.Status.Severity() - 1);
        }
    }

    private static void DueAtIsKnownExactlyWhileSomethingIsToHappen(DeliveryState state) =>
        (state.DueAt is null).ShouldBe(state.Status.IsTerminal() || state.Status is DeliveryStatus.Absent or DeliveryStatus.Uncertain);

    private static void NothingHappensTwice(EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn turn)
    {
        if (turn.Events.Count > 0)
        {
            var again = turn.DecideAgain();
            again.Events.ShouldBeEmpty();
            again.Reply.GetType().ShouldBe(turn.Reply.GetType());
        }
    }

    private static void Check(Action<History> holds) => Check(choices => holds(History.Of(choices)));

    private static void Check(Action<int[]> holds) =>
        FsCheck.Fluent.Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), choices =>
        {
            holds(choices);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithEndSize(60));

    /// <summary>A delivery's life, one message for each number drawn.</summary>
    private sealed class History
    {
        private static readonly RetryLadder Ladder = new([TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)]);

        private Instant _now = Mails.T0;
        private long _sequence = 1;

        public DeliveryState State { get; private set; } = DeliveryState.Absent;

        public List<EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn> Turns { get; } = [];

        public IEnumerable<DeliveryEvent> Events => Turns.SelectMany(turn => turn.Events);

        public static History Of(int[] choices)
        {
            var history = new History();
            history.Tell(history.Accept(choices.Length > 0 ? choices[0] : 0));
            foreach (var choice in choices)
            {
                history.Live((uint)choice);
            }

            return history;
        }

        private void Live(uint choice)
        {
            _now += TimeSpan.FromSeconds(choice % 40);
            Tell((choice / 40 % 16) switch
            {
                0 => new CancelDelivery("operator"),
                1 => new DueReached(_now),
                2 => new ClaimLapsed(Current(choice), OwnerLost: choice % 2 == 0, Ladder),
                3 => new ProviderReported(Word(choice), [], null),
                4 => new ProviderReported(Word(choice), [new((int)(choice % 4) - 1, RecipientStatus.Delivered + (int)(choice / 7 % 3), null)], null),
                5 => new SettleUncertain((UncertainVerdict)(choice % 3), "operator"),
                6 => new RescheduleDelivery(_now + TimeSpan.FromSeconds(choice % 50)),
                < 11 => new ClaimAttempt(new(new(1, ++_sequence), _now + TimeSpan.FromSeconds(45))),
                _ => new AttemptFinished(Current(choice), Report(choice), Ladder),
            });
        }

        private void Tell(DeliveryMessage message)
        {
            Turns.Add(Mails.When(State, message, _now));
            State = Turns[^1].After;
        }

        private AcceptDelivery Accept(int choice) => Mails.Accept(Mails.Request(1 + (int)((uint)choice % 4))) with
        {
            OnUncertain = (UncertainPolicy)((uint)choice % 3),
            ScheduledAt = choice % 5 == 0 ? _now + TimeSpan.FromSeconds(30) : null,
            ExpiresAt = choice % 7 == 0 ? _now + TimeSpan.FromMinutes(2) : null,
            SuppressedBecause = choice % 23 == 1 ? "stub" : null,
        };

        /// <summary>Mostly the newest claim, sometimes one before it.</summary>
        private ClaimToken Current(uint choice) => choice % 5 == 0 ? new(1, _sequence / 2) : State.Claim?.Token ?? new(1, 1);

        private static DeliveryStatus Word(uint choice) =>
            (choice % 4) switch { 0 => DeliveryStatus.Sent, 1 => DeliveryStatus.Delivered, 2 => DeliveryStatus.Bounced, _ => DeliveryStatus.Complained };

        private static AttemptReport Report(uint choice) => (choice / 640 % 10) switch
        {
            0 => Reports.Accepted,
            1 => Reports.Rejected,
            2 => Reports.SuppressedThere,
            3 => Reports.RenderFailed,
            4 => Reports.Interrupted,
            5 => Reports.Uncertain,
            6 => Reports.Throttled(TimeSpan.FromSeconds(choice % 9)),
            7 => Reports.Partly((RecipientStatus)(choice % 4), (RecipientStatus)(choice / 4 % 4), (RecipientStatus)(choice / 16 % 4)),
            8 => Reports.TimedOut,
            _ => Reports.Unreachable,
        };
    }
}
