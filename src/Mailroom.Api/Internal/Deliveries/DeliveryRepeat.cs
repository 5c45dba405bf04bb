using System.Security.Cryptography;
using System.Text;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary>Whom a repeat is for.</summary>
internal enum RepeatTo
{
    /// <summary>Every recipient of the parent.</summary>
    All,

    /// <summary>Only those that were not written to: still pending, or refused.</summary>
    Unsent,
}

/// <summary>A delivery again: a clone under a new id with a link to its parent, which stays as it is (D08).</summary>
internal static class DeliveryRepeat
{
    /// <summary>The intake that repeats are stored under.</summary>
    public const string Source = "operator_resend";

    /// <summary>The same request, attachments and all, without the parent's times: they may have passed.</summary>
    /// <param name="parent">A delivery that has ended.</param>
    /// <param name="to">Whom it is for.</param>
    /// <param name="idempotencyKey">Makes the same repeat asked for twice one delivery; null: each is one of its own.</param>
    /// <exception cref="ProblemException">The parent has not ended, or nobody is left to write to.</exception>
    public static NewDelivery Of(StoredDelivery parent, RepeatTo to, string? idempotencyKey)
    {
        var state = parent.State;
        if (!state.Status.IsTerminal())
        {
            throw new ProblemException(new Problem(
                InternalProblems.NotTerminal, $"The delivery is {state.Status.Name()}: only one that has ended can be sent again."));
        }

        return new NewDelivery
        {
            Org = state.Org,
            Source = Source,
            Request = to == RepeatTo.All ? parent.Request : Unsent(parent),
            Urgent = state.Urgent,
            Parent = state.Id,
            OnUncertain = state.OnUncertain,
            IdempotencyKey = idempotencyKey,
            Fingerprint = idempotencyKey is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes($"repeat\n{state.Id.Value}\n{to}")),
        };
    }

    /// <summary>The key under which a dead letter is repeated: two operators at one time send once.</summary>
    public static string RedriveKey(DeliveryId dead) => "redrive:" + dead.Value;

    private static DeliveryRequest Unsent(StoredDelivery parent)
    {
        var request = parent.Request;
        var (cc, bcc) = (request.To.Count, request.To.Count + request.Cc.Count);
        var unsent = request with
        {
            To = [.. request.To.Where((_, index) => IsUnsent(parent.State, index))],
            Cc = [.. request.Cc.Where((_, index) => IsUnsent(parent.State, cc + index))],
            Bcc = [.. request.Bcc.Where((_, index) => IsUnsent(parent.State, bcc + index))],
        };
        return unsent.RecipientCount > 0
            ? unsent
            : throw new ProblemException(new Problem(
                InternalProblems.NothingUnsent, "Every recipient was written to, or is not to be. Send recipients: all to write to all of them again."));
    }

    /// <summary>A suppressed recipient is not to be written to, which is not the same as unsent.</summary>
    private static bool IsUnsent(DeliveryState state, int position) => state.Recipients.IsEmpty
        ? state.Status is DeliveryStatus.Failed or DeliveryStatus.DeadLetter or DeliveryStatus.Canceled or DeliveryStatus.Expired
        : DeliveryState.IsOpen(state.Recipients[position]) || state.Recipients[position] == RecipientStatus.Failed;
}
