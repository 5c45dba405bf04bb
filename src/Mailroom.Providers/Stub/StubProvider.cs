using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Providers.Stub;

/// <summary>Sends nothing: every mail ends suppressed, which is not a failure.</summary>
public sealed class StubProvider(RetryLadder ladder) : IMailProvider
{
    private static readonly AttemptReport Suppressed = new()
    {
        Status = AttemptStatus.ProviderRejected,
        Suppressed = true,
        Reason = "stub_mode",
        Summary = "MAIL_SMTP_MODE is stub: mail is accepted and never sent.",
        RemoteHost = "stub",
    };

    public string Name => "stub";

    public RetryLadder Ladder => ladder;

    public ValueTask<AttemptReport> SendAsync(OutboundMail mail, CancellationToken stopping) => new(Suppressed);
}
