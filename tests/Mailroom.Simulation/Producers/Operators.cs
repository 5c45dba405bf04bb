using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Kit;
using Mailroom.Actors.Orgs;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Producers;

/// <summary>Operators: they cancel, move and settle mails, pause orgs and change their limits.</summary>
internal sealed class Operators(SimWorld world, SeededRandom random)
{
    private static readonly int[] Limits = [1, 2, 3, 5, 10, 20];

    private long _tokens;

    public void Plan(TimeSpan active) => world.Timeline.At(random.Milliseconds(0, active.TotalMilliseconds), () => Act(active));

    /// <summary>Makes an org with a limit before its mail comes.</summary>
    public void Make(OrgId org, int rps) => Ask(Org.Kind, org.Value, new CreateOrg(org, org.Value, rps, null, --_tokens), _ => { }, 20);

    /// <summary>All that is paused goes on, also what a pause reached that was long under way.</summary>
    public void ResumeAll()
    {
        foreach (var (org, versions) in world.StoreAudit.Orgs)
        {
            if (versions[^1].IsPaused)
            {
                Resume(org);
            }
        }
    }

    private void Act(TimeSpan active)
    {
        switch (random.Below(6))
        {
            case 0 when Some() is { } id:
                Ask(Delivery.Kind, id, new CancelDelivery("operator"), answer =>
                {
                    if (answer is Done)
                    {
                        world.Ledger.Cancel(id);
                    }
                });
                break;
            case 1 when Some() is { } id:
                Ask(Delivery.Kind, id, new RescheduleDelivery(Instant.From(ManualClock.Start + world.Timeline.Now + random.Milliseconds(0, 4000))), _ => { });
                break;
            case 2 when Held() is { } id:
                Ask(Delivery.Kind, id, new SettleUncertain(random.Of([UncertainVerdict.SendAgain, UncertainVerdict.WasSent, UncertainVerdict.GiveUp]), "operator"), _ => { });
                break;
            case 3 or 4 when world.LimitedOrgs.Count > 0:
                Limit(random.Of(world.LimitedOrgs), random.Of(Limits));
                break;
            default:
                Pause(random.Chance(0.1) ? OrgId.All : random.Of(world.Orgs), active);
                break;
        }
    }

    private string? Some() => world.Ledger.Acknowledged.Count == 0 ? null : world.Ledger.Acknowledged.Keys.ElementAt(random.Below(world.Ledger.Acknowledged.Count));

    private string? Held() => world.Database.Deliveries.Rows.FirstOrDefault(row => row.State.Status == DeliveryStatus.Uncertain)?.Id;

    private void Limit(OrgId org, int rps) => Ask(Org.Kind, org.Value, new ChangeOrg(null, new(rps), null), answer => Known(org, answer, version => version.Rps == rps));

    private void Pause(OrgId org, TimeSpan active)
    {
        Ask(Org.Kind, org.Value, new PauseOutbound("operator", "simulated"), answer => Known(org, answer, version => version.IsPaused));
        world.Timeline.At(world.Timeline.Now + random.Milliseconds(100, active.TotalMilliseconds / 2), () => Resume(org));
    }

    private void Resume(OrgId org) =>
        Ask(Org.Kind, org.Value, new ResumeOutbound("operator"), answer => Known(org, answer, version => !version.IsPaused), 3);

    private void Known(OrgId org, object answer, Func<Checking.OrgVersion, bool> isIt)
    {
        if (answer is Done && world.StoreAudit.Orgs.GetValueOrDefault(org)?.LastOrDefault() is { } version && isIt(version))
        {
            version.AcknowledgedAt ??= world.Timeline.Now;
        }
    }

    /// <param name="tries">How often it is asked again where nothing was done.</param>
    private void Ask<TMessage>(EntityKind<TMessage> kind, string id, TMessage message, Action<object> learnt, int tries = 0)
        where TMessage : class
    {
        if (world.Reachable(random) is not { } node)
        {
            Again(NotDone.Busy);
            return;
        }

        world.History.Add(node.Process.Machine.Number, "ask_" + message.GetType().Name, id);
        var isOver = false;
        var travel = random.Milliseconds(0.1, 3);
        node.Process.After(travel, () => _ = AskAsync(node, kind, id, message, answer => world.Timeline.After(travel, () =>
        {
            learnt(answer);
            if (!isOver)
            {
                isOver = true;
                Again(answer);
            }
        })));
        world.Timeline.After(TimeSpan.FromSeconds(3), () =>
        {
            if (!isOver)
            {
                isOver = true;
                Again(NotDone.Late);
            }
        });

        void Again(object answer)
        {
            if (answer is NotDone && tries > 0)
            {
                world.Timeline.After(random.Milliseconds(20, 400), () => Ask(kind, id, message, learnt, tries - 1));
            }
        }
    }

    private static async Task AskAsync<TMessage>(RunningNode node, EntityKind<TMessage> kind, string id, TMessage message, Action<object> answered)
        where TMessage : class => answered(await node.AskAsync(kind, id, message).ConfigureAwait(false));
}
