using System.Collections.Immutable;
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

    /// <summary>How long after a window's end it is kept for the node whose turn it is, before another one gets it.</summary>
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(500);

    /// <summary>A wish this old is of a node that has gone or has nothing to send any more: with every node in the line its turn would have come.</summary>
    private static readonly TimeSpan StaleWish = TimeSpan.FromSeconds(60);

    /// <summary>For what delays a turn's last call.</summary>
    private static readonly TimeSpan TurnSlack = TimeSpan.FromMilliseconds(10);

    /// <summary>Nodes in the line at most.</summary>
    private const int MostWishes = 64;

    /// <summary>The longest that a provider can hold an org's calls.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    /// <summary>
    /// What whoever reads an org's row may take for its terms; null where that is not enough, because the org is limited and its actor has to give a window.
    /// A pause and a limit are in the row before anybody is told that they hold.
    /// </summary>
    public static SendingTerms? TermsOnRecord(OrgState state, Instant now) => Exists(state) && (state.Pause is not null || state.Rps is null)
        ? new(state.Id, state.Pause is not null, null, Least(Left(state.HoldUntil, now), LongestHold), Window)
        : null;

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
        // A clock that was set back must not make a hold longer than any hold is: what reaches further ahead is cut, else it would hold until the clock is there again.
        var held = Left(state.HoldUntil, now);
        if (held > LongestHold)
        {
            held = LongestHold;
            so = so.And(new CallsHeld(now, now + held));
        }

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

        return GiveWindow(state, ask, spacing, held, now, so);
    }

    private static Decision<OrgEvent> GiveWindow(OrgState state, AskTerms ask, TimeSpan spacing, TimeSpan held, Instant now, Decision<OrgEvent> so)
    {
        var extension = Least(ask.Took, LongestExtension);

        // No window reaches further ahead than this, whatever the clock says; and one that does is cut to it, as a hold is.
        var longest = (2 * spacing) + Window + Window + LongestExtension;
        var left = Least(Left(state.Window?.Until, now), longest);
        var isMine = state.Window?.Holder == ask.Holder;
        var others = Unfulfilled(state, ask.Holder, now);
        if (!isMine && left > TimeSpan.Zero)
        {
            so = Left(state.Window!.Until, now) > longest ? so.And(new WindowGiven(now, state.Window with { Until = now + longest })) : so;
            return Wish(state, ask, now, so).Reply(new SendingTerms(state.Id, IsPaused: false, spacing, left, TimeSpan.Zero));
        }

        // Who has not heard of its window, because an answer was lost, has not kept the spacing that it begins with.
        var unheard = isMine && left > TimeSpan.Zero && !ask.Continues ? spacing : TimeSpan.Zero;
        var isBehind = others.Length > 0 && state.Wishes.FirstOrDefault(wish => wish == others[0] || wish.Holder == ask.Holder) == others[0];
        if (isMine && isBehind && left > TimeSpan.Zero)
        {
            // Another node's turn is next: the window is used up and not extended.
            return Wish(state, ask, now, so)
                .Reply(new SendingTerms(state.Id, IsPaused: false, spacing, Most(held, unheard), left) { Pause = left + spacing + Window });
        }

        if (isBehind && state.Window is { } over && now < over.Until + Courtesy)
        {
            // It was told to ask at about this time.
            return Wish(state, ask, now, so)
                .Reply(new SendingTerms(state.Id, IsPaused: false, spacing, Least(over.Until + Courtesy - now, Courtesy), TimeSpan.Zero));
        }

        // A new holder begins with a pause, however long ago the old window seems to have ended: the clock may have been set forward.
        var wait = isMine ? unheard : state.Window is null ? TimeSpan.Zero : spacing;
        var whole = wait + Window + extension;
        if (others.Length > 0)
        {
            // Whole spacings, so that a turn's last call comes at its end and nothing is lost by taking turns.
            whole = (Math.Ceiling(whole / spacing) * spacing) + TurnSlack;
        }

        // An earlier answer may be on its way and promises what it promised: a window is never cut.
        whole = isMine ? Most(whole, left) : whole;
        return so.And(new WindowGiven(now, new(ask.Holder, now + whole)))
            .Reply(new SendingTerms(state.Id, IsPaused: false, spacing, Most(wait, held), whole));
    }

    /// <summary>Puts a node in the line for the next window, once.</summary>
    private static Decision<OrgEvent> Wish(OrgState state, AskTerms ask, Instant now, Decision<OrgEvent> so) =>
        state.Wishes.Any(wish => wish.Holder == ask.Holder) || state.Wishes.Length >= MostWishes ? so : so.And(new WindowWished(now, ask.Holder));

    /// <summary>The wishes of others than <paramref name="holder"/> that somebody may still have.</summary>
    private static ImmutableArray<CallWish> Unfulfilled(OrgState state, long holder, Instant now) =>
        state.Wishes.RemoveAll(wish => wish.Holder == holder || now - wish.At > StaleWish || now - wish.At < -StaleWish);

    /// <summary>Where it is not the first one's turn that was given, the first one has missed it.</summary>
    private static ImmutableArray<CallWish> AfterTurn(OrgState state, WindowGiven given)
    {
        var left = Unfulfilled(state, given.Window.Holder, given.OccurredAt);
        return state.Wishes.Length > 0 && left.Length > 0 && left[0] == state.Wishes[0] ? left.RemoveAt(0) : left;
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

    private static TimeSpan Most(TimeSpan wait, TimeSpan least) => wait > least ? wait : least;
}
