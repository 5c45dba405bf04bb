using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;

namespace Mailroom.Actors.Tests.Deliveries;

/// <summary>
/// Every status and every message: what is decided ten minutes after the mail was accepted, as written out in
/// <c>DeliveryMatrix.txt</c>. A decision that is not written there fails, and so does a line that speaks of nothing.
/// </summary>
public sealed class DeliveryMatrixTests
{
    private static readonly Instant Now = Mails.T0 + TimeSpan.FromMinutes(10);

    private static readonly (string Name, DeliveryMessage Message)[] Messages =
    [
        ("accept_same", Mails.Accept()),
        ("accept_another", Mails.Accept() with { AcceptToken = 78 }),
        ("accept_claimed", Mails.Accept() with { AcceptToken = 79, Claim = Mails.Claim(5) }),
        ("accept_later", Mails.Accept() with { AcceptToken = 80, ScheduledAt = Now + TimeSpan.FromHours(1) }),
        ("accept_too_late", Mails.Accept() with { AcceptToken = 81, ExpiresAt = Now }),
        ("accept_suppressed", Mails.Accept() with { AcceptToken = 82, SuppressedBecause = "stub" }),
        ("claim", new ClaimAttempt(Mails.Claim(2))),
        ("claim_same", new ClaimAttempt(Mails.Claim())),
        ("finished_accepted", Finished(Reports.Accepted)),
        ("finished_rejected", Finished(Reports.Rejected)),
        ("finished_suppressed", Finished(Reports.SuppressedThere)),
        ("finished_unreachable", Finished(Reports.Unreachable)),
        ("finished_throttled", Finished(Reports.Throttled(TimeSpan.FromSeconds(30)))),
        ("finished_timed_out", Finished(Reports.TimedOut)),
        ("finished_render_failed", Finished(Reports.RenderFailed)),
        ("finished_interrupted", Finished(Reports.Interrupted)),
        ("finished_uncertain", Finished(Reports.Uncertain)),
        ("finished_foreign", new AttemptFinished(new(9, 9), Reports.Accepted, RetryLadder.Default)),
        ("lapsed_process_lost", new ClaimLapsed(Mails.Claim().Token, OwnerLost: true, RetryLadder.Default)),
        ("lapsed_here", new ClaimLapsed(Mails.Claim().Token, OwnerLost: false, RetryLadder.Default)),
        ("lapsed_foreign", new ClaimLapsed(new(9, 9), OwnerLost: true, RetryLadder.Default)),
        ("due", new DueReached(Now)),
        ("cancel", new CancelDelivery("operator")),
        ("reschedule", new RescheduleDelivery(Now + TimeSpan.FromHours(1))),
        ("settle_was_sent", new SettleUncertain(UncertainVerdict.WasSent, "operator")),
        ("settle_send_again", new SettleUncertain(UncertainVerdict.SendAgain, "operator")),
        ("settle_give_up", new SettleUncertain(UncertainVerdict.GiveUp, "operator")),
        ("reports_sent", new ProviderReported(DeliveryStatus.Sent, [], null)),
        ("reports_delivered", new ProviderReported(DeliveryStatus.Delivered, [], null)),
        ("reports_bounced", new ProviderReported(DeliveryStatus.Bounced, [], null)),
        ("reports_complained", new ProviderReported(DeliveryStatus.Complained, [], null)),
    ];

    private static readonly Dictionary<(string Status, string Message), string> Expected = Read();

    public static TheoryData<string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string>();
            foreach (var status in Enum.GetValues<DeliveryStatus>())
            {
                foreach (var (message, _) in Messages)
                {
                    cells.Add(status.Name(), message);
                }
            }

            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void A_decision_is_the_one_written_down(string status, string message)
    {
        var decided = Describe(Turn(status, message));

        Expected.GetValueOrDefault((status, message)).ShouldBe(decided, $"{message} | {status} | {decided}");
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void Deciding_again_after_an_unknown_commit_does_nothing_twice_and_says_the_same(string status, string message)
    {
        var first = Turn(status, message);

        var again = first.DecideAgain();

        again.Events.ShouldBeEmpty();
        Reply(again.Reply).ShouldBe(Reply(first.Reply));
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void What_is_due_is_known_exactly_while_something_is_to_happen(string status, string message)
    {
        var after = Turn(status, message).After;

        (after.DueAt is null).ShouldBe(after.Status.IsTerminal() || after.Status is DeliveryStatus.Absent or DeliveryStatus.Uncertain);
    }

    [Fact]
    public void Every_line_of_the_table_speaks_of_a_cell() =>
        Expected.Keys.ShouldBe(Cells.Select(cell => ((string)cell[0], (string)cell[1])), ignoreOrder: true);

    [Fact]
    public void Every_message_has_a_line() =>
        Messages.Select(message => message.Message.GetType()).Distinct().ShouldBe(
            typeof(DeliveryMessage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(DeliveryMessage))), ignoreOrder: true);

    private static AttemptFinished Finished(AttemptReport report) => new(Mails.Claim().Token, report, RetryLadder.Default);

    private static EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn Turn(string status, string message)
    {
        var state = Mails.In(Enum.GetValues<DeliveryStatus>().Single(value => value.Name() == status));
        return Mails.When(state, Messages.Single(entry => entry.Name == message).Message, Now);
    }

    private static string Describe(EntityKit<Delivery, DeliveryState, DeliveryMessage, DeliveryEvent>.Turn turn)
    {
        var events = turn.Events.Count == 0 ? "-" : string.Join(' ', turn.Events.Select(Event)) + " -> " + turn.After.Status.Name();
        var effects = turn.Effects.Count == 0 ? "" : " | " + string.Join(' ', turn.Effects.Select(Effect));
        return $"{events} | {Reply(turn.Reply)}{effects}";
    }

    private static string Event(DeliveryEvent happened) => happened switch
    {
        AttemptEnded ended => $"{ended.Name}:{ended.Report.Status.Name()}{(ended.Counted ? "" : ":uncounted")}",
        RetryScheduled retry => $"{retry.Name}{In(retry.DueAt - Now)}",
        _ => happened.Name,
    };

    /// <summary>Without the jitter, which is at most a tenth.</summary>
    private static string In(TimeSpan wait) => wait == TimeSpan.Zero ? ":now" : wait < TimeSpan.FromMinutes(1) ? $":{wait.TotalSeconds}s" : $":{(int)wait.TotalMinutes}min";

    private static string Effect(Effect effect) => effect switch
    {
        StartAttempt start => $"start_attempt:{start.AttemptNo}",
        AwaitSlot => "await_slot",
        CheckClaim => "check_claim",
        _ => effect.GetType().Name,
    };

    private static string Reply(object reply) => reply switch
    {
        Accepted { Attempting: true } accepted => $"accepted:{accepted.Status.Name()}:attempting",
        Accepted accepted => $"accepted:{accepted.Status.Name()}",
        Refused refused => $"refused:{refused.Code}",
        NotClaimed not => $"not_claimed:{not.Status.Name()}",
        Claimed => "claimed",
        Done => "done",
        _ => reply.GetType().Name,
    };

    private static Dictionary<(string Status, string Message), string> Read()
    {
        using var reader = new StreamReader(typeof(DeliveryMatrixTests).Assembly.GetManifestResourceStream("DeliveryMatrix.txt")!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split('|', 3, StringSplitOptions.TrimEntries))
            .SelectMany(line => line[1].Split(' '), (line, status) => (Cell: (status, line[0]), Decision: line[2]))
            .ToDictionary(line => line.Cell, line => line.Decision);
    }
}
