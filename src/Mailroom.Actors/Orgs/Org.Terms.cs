using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

/// <summary>
/// Who may call the provider. The calls of a limited org belong to one holder at a time, by a window that is stored before it is
/// used: whoever comes after a crash or a move finds it there and waits for its end (G5).
/// </summary>
public sealed partial class Org
{
    /// <summary>How long terms hold. A crash costs a limited org this and one spacing at most; a limited org that is sending costs about one commit in it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    /// <summary>What a slow store may add to a window.</summary>
    private static readonly TimeSpan LongestExtension = TimeSpan.FromSeconds(4);

    /// <summary>The longest that a provider can hold an org's calls.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    private static Decision<OrgEvent> GiveTerms(OrgState state, AskTerms ask, Instant now)
    {
        if (!Exists(state))
        {
            var made = new OrgCreated(now, ask.Org, ask.Org.Value, DefaultLimit(ask.Org), null, Token: 0);
            return GiveTerms(Apply(state, made), ask, now, Decision<OrgEvent>.Persist(made));
        }

        return GiveTerms(state, ask, now, Decision<OrgEvent>.Nothing);
    }

    private static Decision<OrgEvent> GiveTerms(OrgState state, AskTerms ask, Instant now, Decision<OrgEvent> so)
    {
        // A clock that was set back must not make a hold longer than any hold is.
        var held = Least(Left(state.HoldUntil, now), LongestHold);
        if (state.Pause is not null || state.Rps is not { } rps)
        {
            return so.Reply(new SendingTerms(state.Id, state.Pause is not null, null, held, Window));
        }

        var spacing = RateLimit.Spacing(rps);
        if (held > Window / 2)
        {
            // Nobody calls before it is over, so nobody needs a window that would soon be over too.
            return so.Reply(new SendingTerms(state.Id, IsPaused: false, spacing, held, TimeSpan.Zero));
        }

        var extension = Least(ask.Took, LongestExtension);
        var isNew = state.Window is { } last && last.Holder != ask.Holder;
        if (isNew && Left(state.Window!.Until, now) is var others && others > TimeSpan.Zero)
        {
            // No window reaches further ahead than this, whatever the clock says.
            var longest = Window + LongestExtension + spacing;
            return so.Reply(new SendingTerms(state.Id, IsPaused: false, spacing, Least(others, longest), TimeSpan.Zero));
        }

        // A new holder begins with a pause, however long ago the old window seems to have ended: the clock may have been set forward.
        var wait = isNew ? spacing : TimeSpan.Zero;
        var whole = wait + Window + extension;
        return so.And(new WindowGiven(now, new(ask.Holder, now + whole)))
            .Reply(new SendingTerms(state.Id, IsPaused: false, spacing, wait > held ? wait : held, whole));
    }

    private static Decision<OrgEvent> Hold(OrgState state, ProviderSlowed slowed, Instant now)
    {
        var until = now + Least(slowed.Wait, LongestHold);
        var isLonger = until > now && (state.HoldUntil is not { } held || until > held || held > now + LongestHold);
        return Exists(state) && isLonger
            ? Decision<OrgEvent>.Persist(new CallsHeld(now, until)).Then(new TermsChanged(state.Id))
            : Decision<OrgEvent>.Nothing;
    }

    private static TimeSpan Left(Instant? until, Instant now) => until > now ? until.Value - now : TimeSpan.Zero;

    private static TimeSpan Least(TimeSpan wait, TimeSpan most) => wait < most ? wait : most;
}
