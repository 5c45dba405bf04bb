using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>A provider that answers as the test says, at once or when the test says so.</summary>
public sealed class ScriptedProvider(IScheduler scheduler) : IMailProvider
{
    private readonly Lock _gate = new();
    private readonly List<OutboundMail> _taken = [];
    private readonly List<HeldSend> _held = [];

    public string Name => "scripted";

    public RetryLadder Ladder { get; set; } = RetryLadder.Default;

    /// <summary>True: sends wait for <see cref="Answer"/>, or for being broken off.</summary>
    public bool Holds { get; set; }

    /// <summary>True: a held send does not let itself be broken off, as one after the final dot.</summary>
    public bool IsStubborn { get; set; }

    /// <summary>What becomes of a mail that is not held.</summary>
    public Func<OutboundMail, AttemptReport> Report { get; set; } = static _ => Reports.Accepted;

    /// <summary>Told of every mail that comes, before it is answered.</summary>
    public Action<OutboundMail>? Called { get; set; }

    /// <summary>Every mail that came, in order.</summary>
    public IReadOnlyList<OutboundMail> Taken
    {
        get
        {
            lock (_gate)
            {
                return [.. _taken];
            }
        }
    }

    /// <summary>The mails whose sends wait.</summary>
    public IReadOnlyList<OutboundMail> Held
    {
        get
        {
            lock (_gate)
            {
                return _held.ConvertAll(send => send.Mail);
            }
        }
    }

    public ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping)
    {
        lock (_gate)
        {
            _taken.Add(mail);
            Called?.Invoke(mail);
            if (!Holds)
            {
                return new(Report(mail));
            }

            var send = new HeldSend(mail, new());
            _held.Add(send);
            if (!IsStubborn)
            {
                stopping.UnsafeRegister(_ => Finish(send, new() { Status = AttemptStatus.Interrupted, Reason = "stopping" }), null);
            }

            return new(send.Answer.Task);
        }
    }

    /// <summary>Answers the send that has waited longest.</summary>
    public void Answer(AttemptReport report) => Finish(Oldest(), report);

    /// <summary>Nobody waits for the held sends any more: their process died.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _held.Clear();
        }
    }

    private HeldSend Oldest()
    {
        lock (_gate)
        {
            return _held[0];
        }
    }

    private void Finish(HeldSend send, AttemptReport report)
    {
        lock (_gate)
        {
            if (_held.Remove(send))
            {
                scheduler.Run(new Ending(send.Answer, report));
            }
        }
    }

    private sealed record HeldSend(OutboundMail Mail, TaskCompletionSource<AttemptReport> Answer);

    private sealed class Ending(TaskCompletionSource<AttemptReport> answer, AttemptReport report) : IThreadPoolWorkItem
    {
        public void Execute() => answer.SetResult(report);
    }
}

/// <summary>The ends that an attempt can come to.</summary>
public static class Reports
{
    public static AttemptReport Accepted { get; } = new() { Status = AttemptStatus.ProviderAccepted, ReplyCode = 250 };

    public static AttemptReport Rejected { get; } = new() { Status = AttemptStatus.ProviderRejected, Reason = "smtp_rejected", ReplyCode = 550 };

    public static AttemptReport SuppressedThere { get; } = new() { Status = AttemptStatus.ProviderRejected, Suppressed = true, Reason = "suppressed_by_provider", ReplyCode = 550 };

    public static AttemptReport Unreachable { get; } = new() { Status = AttemptStatus.TransportFailed, Reason = "connection_refused" };

    public static AttemptReport TimedOut { get; } = new() { Status = AttemptStatus.TimedOut, Reason = "deadline" };

    public static AttemptReport RenderFailed { get; } = new() { Status = AttemptStatus.RenderFailed, Reason = "unknown_variable" };

    public static AttemptReport Interrupted { get; } = new() { Status = AttemptStatus.Interrupted, Reason = "stopping" };

    public static AttemptReport Uncertain { get; } = new() { Status = AttemptStatus.Uncertain, Reason = "connection_lost" };

    public static AttemptReport Throttled(TimeSpan wait) => new() { Status = AttemptStatus.TransportFailed, Reason = "throttled", ReplyCode = 450, ThrottledFor = wait };

    /// <summary>Accepted for some: one status for each position of the envelope.</summary>
    public static AttemptReport Partly(params IEnumerable<RecipientStatus> recipients) => Accepted with
    {
        Recipients = [.. recipients.Select((status, position) => new RecipientOutcome(position, status, null))],
    };
}
