using Mailroom.Actors.Deliveries;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Producers;

/// <summary>Callers over HTTP: each sends its mail to some node, waits, and sends it again where it heard nothing that it can believe.</summary>
internal sealed class Callers(SimWorld world, SeededRandom random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Keys that somebody used, for others to use again.</summary>
    private readonly List<Wish> _used = [];

    private int _made;

    /// <summary>Callers that still wait or will try again.</summary>
    public int Open { get; private set; }

    /// <summary>Plans a call at some time within <paramref name="active"/>.</summary>
    public void Plan(TimeSpan active)
    {
        Open++;
        world.Timeline.At(random.Milliseconds(0, active.TotalMilliseconds), () => Submit(Wish(), 0));
    }

    /// <summary>A wish that another way in may bring too.</summary>
    public Wish? Used() => _used.Count == 0 ? null : random.Of(_used);

    private Wish Wish()
    {
        if (_used.Count > 0 && random.Chance(0.1))
        {
            // The same key again, at times with other content.
            var used = random.Of(_used);
            return random.Chance(0.3) ? used with { Content = used.Content + "-other" } : used;
        }

        var number = ++_made;
        var wish = new Wish(random.Of(world.Orgs), random.Chance(0.7) ? "k" + number : null, "mail " + number)
        {
            Recipients = random.Chance(0.2) ? random.Between(2, 3) : 1,
            IsUrgent = random.Chance(0.2),
            HasTemplate = random.Chance(0.1),
            OnUncertain = random.Chance(0.1) ? UncertainPolicy.Hold : random.Chance(0.05) ? UncertainPolicy.Fail : null,
            ScheduledAt = random.Chance(0.15) ? world.Timeline.Now + random.Milliseconds(0, 5000) : null,
            ExpiresAt = random.Chance(0.05) ? world.Timeline.Now + random.Milliseconds(500, 20000) : null,
        };
        if (wish.Key is not null)
        {
            _used.Add(wish);
        }

        return wish;
    }

    private void Submit(Wish wish, int tries)
    {
        if (world.Reachable(random) is not { } node)
        {
            Again(wish, tries, random.Milliseconds(50, 500));
            return;
        }

        var call = new Call();
        var travel = random.Milliseconds(0.1, 3);
        world.History.Add(node.Process.Machine.Number, "submit", wish.Content, tries);
        node.Process.After(travel, () => _ = AcceptAsync(node, wish, answer => world.Timeline.After(travel, () => Learn(call, wish, tries, answer))));
        world.Timeline.After(Patience, () =>
        {
            if (!call.IsOver)
            {
                call.IsOver = true;
                Again(wish, tries, random.Milliseconds(10, 500));
            }
        });
    }

    private static async Task AcceptAsync(RunningNode node, Wish wish, Action<object> answered) => answered(await node.AcceptAsync(Commands.Mail(wish)).ConfigureAwait(false));

    private void Learn(Call call, Wish wish, int tries, object answer)
    {
        // An answer counts although the caller gave up waiting for it: somebody has seen it on the wire.
        switch (answer)
        {
            case Accepted accepted:
                world.Ledger.Acknowledge(accepted.Id.Value, "acknowledged");
                break;
            case IdempotencyHit hit:
                Hit(wish, hit);
                break;
            default:
                break;
        }

        if (call.IsOver)
        {
            return;
        }

        call.IsOver = true;
        if (answer is Actors.Kernel.NotDone)
        {
            Again(wish, tries, random.Milliseconds(10, 1000));
        }
        else
        {
            Open--;
        }
    }

    private void Hit(Wish wish, IdempotencyHit hit)
    {
        var isSame = world.StoreAudit.KeyOf(wish.Org, Commands.Source, wish.Key!) is { } taken && taken.Id == hit.Existing.Value && taken.Content == wish.Content;
        if (isSame != hit.Same)
        {
            world.Findings.Add(Checking.Broken.Key, hit.Existing.Value, $"{wish.Content} under {wish.Key} was answered with {hit.Existing}, the same: {hit.Same}.");
        }

        if (hit.Same)
        {
            world.Ledger.Acknowledge(hit.Existing.Value, "replayed");
        }
    }

    private void Again(Wish wish, int tries, TimeSpan wait)
    {
        if (tries >= 6 || random.Chance(0.1))
        {
            Open--;
            return;
        }

        world.Timeline.After(wait, () => Submit(wish, tries + 1));
    }

    private sealed class Call
    {
        public bool IsOver { get; set; }
    }
}
