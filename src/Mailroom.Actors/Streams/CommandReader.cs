using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Streams;

/// <summary>Makes of an entry what is to be written: the acceptance that the delivery itself decides on, or why there is none.</summary>
internal sealed class CommandReader(ICommandParser parser, AcceptCommands commands, IStreamEvents events, string stream, int shards)
{
    public StreamItem Read(StreamEntry entry, Instant now)
    {
        try
        {
            var parsed = parser.Parse(entry);
            var item = parsed.Mail is { } mail ? Accept(entry, mail, now) : new(entry, null, parsed.Failure);
            return item with { DeliveryId = parsed.DeliveryId, Source = parsed.Source };
        }
        catch (Exception why)
        {
            // An entry that we have a bug about must not hold up all that come after it.
            events.Faulted(stream, entry.Id, why);
            return new(entry, null, new(CommandFailure.InvalidCommand, "The entry could not be read."));
        }
    }

    private StreamItem Accept(StreamEntry entry, NewDelivery mail, Instant now)
    {
        // Without a claim: where the outcome of the commit is not learnt, nobody may hold one that nobody works under.
        var command = commands.Make(mail, commands.IdOf(mail), PayloadCodec.Encode(mail.Request), now, claim: null);
        var decision = Delivery.Decide(DeliveryState.Absent, command, now);
        if (decision.Events.Count == 0)
        {
            var refused = (Refused)decision.Answer!;
            return new(entry, null, new(CommandFailure.InvalidCommand, refused.Message));
        }

        var after = DeliveryState.Absent;
        foreach (var happened in decision.Events)
        {
            after = Delivery.Apply(after, happened);
        }

        var change = new Change<DeliveryState, DeliveryEvent>
        {
            Kind = Delivery.Kind.Name,
            Id = command.Id.Value,
            Shard = StableHash.Shard(command.Id.Value, shards),
            Epoch = 0,
            ExpectedVersion = 0,
            Before = DeliveryState.Absent,
            After = after,
            Events = decision.Events,
        };
        return new(entry, change, null) { Effects = decision.Effects };
    }
}
