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
public sealed class Intake(IActorHost host, Dispatcher dispatcher, IIdSource ids, TimeProvider clock, IntakeOptions options, Func<bool> isOpen) : IIntake
{
    private readonly AcceptCommands _commands = new(ids, options);

    public ValueTask<object> AcceptAsync(NewDelivery mail)
    {
        if (!isOpen())
        {
            return new(NotDone.Busy);
        }

        var now = clock.Now();
        var command = _commands.Make(mail, now, _commands.IsForNow(mail, now) ? dispatcher.TryTake() : null);
        return host.AskAsync(Delivery.Kind, command.Id.Value, command, command.Claim is null ? null : dispatcher);
    }
}
