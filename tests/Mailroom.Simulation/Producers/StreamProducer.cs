using Mailroom.Actors;
using Mailroom.Simulation.Checking;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Producers;

/// <summary>Producers that put commands on the stream: good ones, malformed ones, repeats, and keys that came in by HTTP too.</summary>
internal sealed class StreamProducer(SimWorld world, SeededRandom random)
{
    private readonly List<Wish> _sent = [];
    private int _made;

    public void Plan(TimeSpan active) => world.Timeline.At(random.Milliseconds(0, active.TotalMilliseconds), Produce);

    private void Produce()
    {
        if (world.Redis.IsDown)
        {
            return;
        }

        if (random.Chance(0.1))
        {
            world.Intake.Truth[world.Redis.Add(Commands.Malformed())] = new(null, null, null, null);
            return;
        }

        var wish = Wish();
        _sent.Add(wish);
        Add(wish);
        if (random.Chance(0.15))
        {
            // Its answer was lost, so the producer adds it again.
            Add(wish);
        }
    }

    private void Add(Wish wish) =>
        world.Intake.Truth[world.Redis.Add(Commands.Fields(wish))] = new EntryTruth(wish.Id!.Value.Value, wish.Org.Value, wish.Key, wish.Content);

    private Wish Wish()
    {
        if (_sent.Count > 0 && random.Chance(0.1))
        {
            var sent = random.Of(_sent);
            return random.Chance(0.3) ? sent with { Content = sent.Content + "-other" } : sent;
        }

        var number = ++_made;
        var id = new DeliveryId("s" + number);
        if (random.Chance(0.1) && world.Callers.Used() is { } used)
        {
            return used with { Id = id, HasTemplate = false, ScheduledAt = null, ExpiresAt = null, OnUncertain = null };
        }

        return new(random.Of(world.Orgs), "s" + number, "entry " + number)
        {
            Id = id,
            Recipients = random.Chance(0.2) ? 2 : 1,
            IsUrgent = random.Chance(0.2),
        };
    }
}
