using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Deliveries;

/// <param name="IdempotencyTtl">How long a key keeps its first result.</param>
/// <param name="OnUncertain">The policy of mail that names none.</param>
public sealed record IntakeOptions(TimeSpan IdempotencyTtl, UncertainPolicy OnUncertain)
{
    /// <summary>Why no mail is to be sent at all, or null.</summary>
    public string? SuppressedBecause { get; init; }
}

/// <summary>The one way for mail into Mailroom: gives it an id, takes a slot for it where one is free, and asks its actor to accept it.</summary>
/// <param name="isHere">Whether this node owns a delivery's shard: another node's mail gets no slot of this one.</param>
public sealed class Intake(
    IActorHost host, Dispatcher dispatcher, IIdSource ids, TimeProvider clock, IntakeOptions options, Func<bool> isOpen, Func<DeliveryId, bool> isHere) : IIntake
{
    private readonly AcceptCommands _commands = new(ids, options);

    public ValueTask<object> AcceptAsync(NewDelivery mail)
    {
        if (!isOpen())
        {
            return new(NotDone.Busy);
        }

        // Before the claim is taken: what cannot be encoded must not keep it.
        var payload = PayloadCodec.Encode(mail.Request);
        var now = clock.Now();
        IReplyTo? witness = null;
        var id = _commands.IdOf(mail);
        var claim = _commands.IsForNow(mail, now) && isHere(id) ? dispatcher.TryTake(mail.Org, mail.Urgent, out witness) : null;
        var command = _commands.Make(mail, id, payload, now, claim);
        return host.AskAsync(Delivery.Kind, command.Id.Value, command, witness);
    }
}
