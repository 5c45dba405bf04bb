using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Simulation.Checking;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Mail;

/// <summary>One process's way to the mail server.</summary>
internal sealed class NodeProvider(MailServer server, SimProcess process, Ledger ledger) : IMailProvider
{
    /// <summary>Short, so that a run sees its whole length.</summary>
    public static readonly RetryLadder Waits = new([TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)]);

    public string Name => "simulated";

    public RetryLadder Ladder => Waits;

    public ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping)
    {
        var record = ledger.Called(process, mail, server.DrawArrival());
        return new(new MailCall(server, process, record, ledger).Begin(stopping));
    }
}
