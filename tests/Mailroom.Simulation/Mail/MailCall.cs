using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kit;
using Mailroom.Simulation.Checking;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Mail;

/// <summary>
/// One attempt over the wire. The final dot is sent by the process and taken by the server, so a process that is paused before it sends it late
/// or not at all, and one that dies after it has had its mail taken.
/// </summary>
internal sealed class MailCall(MailServer server, SimProcess process, CallRecord record, Ledger ledger)
{
    private readonly TaskCompletionSource<AttemptReport> _end = new();
    private readonly MailAct _act = server.Draw();
    private bool _dotSent;

    public Task<AttemptReport> Begin(CancellationToken stopping)
    {
        process.Clock.CreateTimer(_ => TimeOut(), null, MailServer.Deadline, Timeout.InfiniteTimeSpan);
        if (!MailServer.IsEarly(_act))
        {
            process.After(server.DrawStep() + server.DrawStep(), SendDot);
        }
        else if (!MailServer.Hangs(_act))
        {
            process.After(server.DrawStep(), () => Finish(server.Report(_act, record.Positions.Count)));
        }

        if (stopping.CanBeCanceled && !_end.Task.IsCompleted)
        {
            stopping.UnsafeRegister(_ => Interrupt(), null);
        }

        return _end.Task;
    }

    private void SendDot()
    {
        if (_end.Task.IsCompleted)
        {
            return;
        }

        _dotSent = true;
        record.DotSent = true;
        var report = Adressed(server.Report(_act, record.Positions.Count));
        var late = _act == MailAct.AcceptsLate ? MailServer.Deadline - TimeSpan.FromMilliseconds(30) : TimeSpan.Zero;
        var taking = late + server.DrawStep();
        process.Timeline.After(taking, () =>
        {
            if (MailServer.Takes(_act))
            {
                ledger.Taken(record, report);
            }
        });
        if (!MailServer.Hangs(_act))
        {
            process.After(taking + server.DrawStep(), () => Finish(report));
        }
    }

    /// <summary>Positions of the envelope, which the server does not know, for those of this attempt.</summary>
    private AttemptReport Adressed(AttemptReport report) => report.Recipients.Count == 0
        ? report
        : report with { Recipients = [.. report.Recipients.Select((outcome, index) => outcome with { Position = record.Positions[index] })] };

    private void TimeOut() => Finish(_dotSent ? Reports.Uncertain with { Reason = "deadline" } : Reports.TimedOut);

    private void Interrupt()
    {
        if (!_dotSent)
        {
            Finish(Reports.Interrupted);
        }
    }

    private void Finish(AttemptReport report)
    {
        if (!_end.Task.IsCompleted)
        {
            ledger.Answered(record, report);
            _end.SetResult(report);
        }
    }
}
