using System.Collections.Concurrent;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// Makes the attempts that deliveries have claimed: reads what is needed, renders, hands the mail to the provider, frees the
/// slot and reports the outcome until the delivery has taken it.
/// </summary>
/// <param name="host">The actors, wherever they are: an outcome is told to whoever owns the delivery by then.</param>
/// <param name="mayCall">Whether this node still holds what it claimed: without its lease it begins no call.</param>
/// <param name="away">Passes on the wish of a delivery that another node owns; false: it is this node's.</param>
public sealed class AttemptRunner(
    IActorHost host, Dispatcher dispatcher, IDeliveryStore store, IMailProvider provider, ITemplates templates, IScheduler scheduler, TimeProvider clock,
    IAttemptEvents events, Func<bool> mayCall, Func<AwaitSlot, bool> away) : IEffects
{
    private static readonly TimeSpan ShortestReportWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestReportWait = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<ClaimToken, bool> _running = new();
    private readonly CancellationTokenSource _interrupt = new();
    private readonly CancellationTokenSource _abandon = new();
    private readonly PayloadReads _payloads = new(store, scheduler);
    private readonly SendPermits _permits = new(dispatcher.Slots, dispatcher.Lines, mayCall, clock);
    private long _incarnation;

    /// <summary>Attempts that are being made or whose outcome is not stored yet.</summary>
    public int Running => _running.Count;

    /// <summary>The incarnation that claims are made under from now on.</summary>
    public void Start(long incarnation)
    {
        Volatile.Write(ref _incarnation, incarnation);
        _permits.Start(incarnation);
    }

    /// <summary>The attempt under this claim is being made here.</summary>
    public bool IsRunning(ClaimToken token) => _running.ContainsKey(token);

    public void Run(string id, Effect effect)
    {
        switch (effect)
        {
            case StartAttempt start:
                if (_running.TryAdd(start.Claim.Token, true))
                {
                    scheduler.Run(new Attempt(this, start));
                }

                break;
            case AwaitSlot wait:
                if (!away(wait))
                {
                    dispatcher.Await(wait);
                }

                break;
            case CheckClaim check:
                Check(check);
                break;
            case Announce news:
                events.Announced(news);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect.GetType().Name, "Not an effect of a delivery.");
        }
    }

    /// <summary>Breaks off what cannot have been accepted yet, as interrupted. The rest ends by the provider's own deadline.</summary>
    public void Interrupt()
    {
        _permits.Close();
        _interrupt.Cancel();
    }

    /// <summary>Gives up on reporting: what is not stored by now is found as a lost claim at the next start.</summary>
    public void Abandon() => _abandon.Cancel();

    private void Check(CheckClaim check)
    {
        if (!IsRunning(check.Token))
        {
            var isOthers = check.Token.Incarnation != Volatile.Read(ref _incarnation);
            host.Tell(Delivery.Kind, check.Id.Value, new ClaimLapsed(check.Token, OwnerLost: isOthers, provider.Ladder));
        }
    }

    private async Task RunAsync(StartAttempt start)
    {
        AttemptReport report;
        var called = false;
        try
        {
            (report, called) = await MakeAsync(start).ConfigureAwait(false);
        }
        finally
        {
            dispatcher.Release(start.Org, called);
        }

        try
        {
            await ReportAsync(start, report).ConfigureAwait(false);
        }
        finally
        {
            _running.TryRemove(start.Claim.Token, out _);
        }
    }

    /// <summary>The attempt's end, and whether the provider was called.</summary>
    private async ValueTask<(AttemptReport Report, bool Called)> MakeAsync(StartAttempt start)
    {
        var called = false;
        try
        {
            if (await PrepareAsync(start).ConfigureAwait(false) is not ({ } mail, var rendered))
            {
                return (new() { Status = AttemptStatus.RenderFailed, Reason = "payload_missing", Summary = "The stored payload is gone." }, called);
            }

            var permit = await _permits.TakeAsync(start.Org, start.Urgent, start.Claim).ConfigureAwait(false);
            if (permit != CallPermit.Given)
            {
                return (Interrupted(permit), called);
            }

            called = true;
            var report = await SendAsync(start.Org, mail).ConfigureAwait(false);
            var isOver = report is { Status: AttemptStatus.ProviderAccepted, Recipients.Count: 0 };
            return (rendered is null || isOver ? report : report with { Rendered = rendered }, called);
        }
        catch (RenderException why)
        {
            return (new() { Status = AttemptStatus.RenderFailed, Reason = why.Code, Summary = why.Message }, called);
        }
        catch (StoreUnavailableException why)
        {
            return (new() { Status = AttemptStatus.TransportFailed, Reason = "store_unavailable", Summary = why.Message, ThrottledFor = TimeSpan.FromSeconds(1) }, called);
        }
        catch (Exception why)
        {
            // A fault of ours. Once the mail was handed over nobody knows how far it went.
            events.AttemptFaulted(start.Id, why);
            return (new()
            {
                Status = called ? AttemptStatus.Uncertain : AttemptStatus.TransportFailed,
                Reason = "internal_error",
                Summary = "The attempt failed inside Mailroom: " + why.GetType().Name + ".",
            }, called);
        }
    }

    private static AttemptReport Interrupted(CallPermit permit)
    {
        var (reason, summary) = permit switch
        {
            CallPermit.Closed => ("shutting_down", "Broken off before the message was handed over."),
            CallPermit.Paused => ("paused", "The org's outbound mail is paused."),
            CallPermit.Held => ("provider_slowed", "The provider asked for no calls of the org for now."),
            CallPermit.Unanswered => ("terms_unknown", "The org did not say in time whether it may send."),
            CallPermit.ClaimOver => ("claim_over", "The claim ran out before the mail was handed over."),
            CallPermit.NotMember => ("lease_lost", "The node's lease on its shards ran out before the mail was handed over."),
            _ => throw new ArgumentOutOfRangeException(nameof(permit), permit, "Not a refusal."),
        };
        return new() { Status = AttemptStatus.Interrupted, Reason = reason, Summary = summary };
    }

    /// <summary>Before the slot is free: the next call of the org must not slip through.</summary>
    private void Slow(OrgId org, AttemptReport report)
    {
        if (report.SlowsOrgFor is { } wait)
        {
            dispatcher.Lines.Hold(org, wait);
            host.Tell(Orgs.Org.Kind, org.Value, new Orgs.ProviderSlowed(wait));
        }
    }

    private async ValueTask<AttemptReport> SendAsync(OrgId org, OutboundMail mail)
    {
        try
        {
            var since = clock.GetTimestamp();
            var report = await provider.SendAsync(mail, _interrupt.Token).ConfigureAwait(false);
            Slow(org, report);
            return report with { Duration = clock.GetElapsedTime(since), Provider = provider.Name };
        }
        finally
        {
            _permits.Release();
        }
    }

    private async ValueTask<(OutboundMail? Mail, RenderedContent? Fresh)> PrepareAsync(StartAttempt start)
    {
        var request = start.Request;
        RenderedContent? kept = null;
        if (request is null || start.HasRendered)
        {
            if (await _payloads.ReadAsync(start.Id.Value).ConfigureAwait(false) is not { } stored)
            {
                return (null, null);
            }

            request = stored.Request;
            kept = stored.Rendered;
        }

        if (request.Template is not { } template)
        {
            return (Mail(start, request, request.Subject ?? "", request.Text, request.Html), null);
        }

        var content = kept ?? Render(template);
        return (Mail(start, request, request.Subject ?? content.Subject, content.Text, content.Html), kept is null ? content : null);
    }

    private RenderedContent Render(TemplateUse template)
    {
        var result = templates.Render(template.Id, template.Locale, template.Variables);
        return result.Content ?? throw new RenderException(result.ErrorCode ?? "render_failed", result.ErrorMessage ?? "The template gave nothing.");
    }

    private static OutboundMail Mail(StartAttempt start, DeliveryRequest request, string subject, string? text, string? html) =>
        new(start.Id, request, subject, text, html, start.Recipients, start.CreatedAt.ToDateTimeOffset())
        {
            Org = start.Org,
            AttemptNo = start.AttemptNo,
            TraceParent = start.TraceParent,
        };

    /// <summary>The outcome is known only here, so it is told until the delivery has stored it.</summary>
    private async ValueTask ReportAsync(StartAttempt start, AttemptReport report)
    {
        events.AttemptEnded(start, report);
        var fact = new AttemptFinished(start.Claim.Token, report, provider.Ladder);
        var isBare = false;
        for (var wait = ShortestReportWait; !_abandon.IsCancellationRequested; wait = wait * 2 < LongestReportWait ? wait * 2 : LongestReportWait)
        {
            var answer = await host.AskAsync(Delivery.Kind, start.Id.Value, fact).ConfigureAwait(false);
            if (answer is not NotDone refusal)
            {
                return;
            }

            events.ReportRefused(start, refusal);
            if (refusal == NotDone.Faulted && !isBare)
            {
                // Something in the provider's words cannot be stored. Without the outcome the mail would be taken for lost and sent again.
                isBare = true;
                fact = fact with { Report = Bare(report) };
                continue;
            }

            if (refusal == NotDone.Quarantined || refusal == NotDone.Faulted)
            {
                return;
            }

            await clock.DelayAsync(wait, _abandon.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static AttemptReport Bare(AttemptReport report) => report with
    {
        Summary = null,
        EnhancedCode = null,
        RemoteHost = null,
        ProviderMessageId = null,
        Conversation = null,
        Recipients = [.. report.Recipients.Select(outcome => outcome with { Detail = null })],
    };

    private sealed class Attempt(AttemptRunner runner, StartAttempt start) : IThreadPoolWorkItem
    {
        public void Execute() => _ = runner.RunAsync(start);
    }

    private sealed class RenderException(string code, string message) : Exception(message)
    {
        public string Code { get; } = code;
    }
}

/// <summary>What operators should hear of attempts. Implementations must not throw and must not block.</summary>
public interface IAttemptEvents
{
    void AttemptEnded(StartAttempt attempt, AttemptReport report);

    /// <summary>A delivery waits for another attempt, or ended other than sent; it is durable.</summary>
    void Announced(Announce news);

    /// <summary>The outcome could not be stored and is told again, or is given up where that cannot help.</summary>
    void ReportRefused(StartAttempt attempt, NotDone why);

    /// <summary>An error of Mailroom's own.</summary>
    void AttemptFaulted(DeliveryId delivery, Exception why);
}
