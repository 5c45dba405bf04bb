using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Orgs;

/// <summary>A tenant: its settings, whether its mail goes out, and how often its provider may be called. What it allows is in <c>Org.Terms.cs</c>.</summary>
public sealed partial class Org : IEntity<OrgState, OrgMessage, OrgEvent>
{
    public static readonly EntityKind<OrgMessage> Kind = new("org");

    private const int LongestName = 200;

    public static OrgState Absent => OrgState.Absent;

    /// <summary>Never: an org waits for nothing by itself.</summary>
    public static Instant? DueAt(OrgState state) => null;

    public static OrgMessage Due(Instant at) => throw new InvalidOperationException("An org is never due.");

    public static bool Creates(OrgMessage message) => message is CreateOrg;

    /// <summary>An org that was asked once is asked again soon: it stays until room is needed.</summary>
    public static bool IsResting(OrgState state) => false;

    public static Decision<OrgEvent> Decide(OrgState state, OrgMessage message, Instant now) => message switch
    {
        CreateOrg create => Create(state, create, now),
        AskTerms ask => GiveTerms(state, ask, now),
        ProviderSlowed slowed => Hold(state, slowed, now),
        _ when !Exists(state) => Refuse("org_not_found", "There is no such org."),
        ChangeOrg change => Alter(state, change, now),
        PauseOutbound pause => Pause(state, pause, now),
        ResumeOutbound resume => Resume(state, resume, now),
        _ => throw new ArgumentOutOfRangeException(nameof(message), message.GetType().Name, "An org does not know this message."),
    };

    public static OrgState Apply(OrgState state, OrgEvent happened) => happened switch
    {
        OrgCreated created => Exists(state)
            ? throw new InvalidOperationException("An org cannot be made twice.")
            : state with
            {
                Id = created.Id,
                Name = created.OrgName,
                CreatedAt = created.OccurredAt,
                UpdatedAt = created.OccurredAt,
                Rps = created.Rps,
                OnUncertain = created.OnUncertain,
                CreateToken = created.Token,
            },
        _ when !Exists(state) => throw new InvalidOperationException($"An org that does not exist cannot come to {happened.Name}."),
        OrgChanged changed => state with { Name = changed.OrgName, Rps = changed.Rps, OnUncertain = changed.OnUncertain, UpdatedAt = changed.OccurredAt },
        OutboundPaused paused => state with { Pause = new(paused.By, paused.Reason, paused.OccurredAt), UpdatedAt = paused.OccurredAt },
        OutboundResumed resumed => state with { Pause = null, UpdatedAt = resumed.OccurredAt },
        CallsHeld held => state with { HoldUntil = held.Until },
        WindowGiven given => state with { Window = given.Window, Wishes = AfterTurn(state, given) },
        WindowWished wished => state with { Wishes = state.Wishes.Add(new(wished.Holder, wished.OccurredAt)) },
        _ => throw new InvalidOperationException($"An org does not know the event {happened.Name}."),
    };

    private static bool Exists(OrgState state) => state.Id.Value is not null;

    private static Decision<OrgEvent> Create(OrgState state, CreateOrg create, Instant now)
    {
        if (create.Id == OrgId.All || (Exists(state) && state.CreateToken != create.Token))
        {
            return Refuse("org_exists", "An org with this id exists.");
        }

        if (Exists(state))
        {
            return Decision<OrgEvent>.Say(Done.Instance);
        }

        return Flaw(create.Name, create.Rps) is { } flaw
            ? Decision<OrgEvent>.Say(flaw)
            : Decision<OrgEvent>.Persist(new OrgCreated(now, create.Id, create.Name.Trim(), create.Rps ?? DefaultLimit(create.Id), create.OnUncertain, create.Token))
                .Reply(Done.Instance)
                .Then(new TermsChanged(create.Id));
    }

    private static Decision<OrgEvent> Alter(OrgState state, ChangeOrg change, Instant now)
    {
        var changed = new OrgChanged(
            now,
            change.Name?.Trim() ?? state.Name,
            change.Rps is { } rps ? rps.Value : state.Rps,
            change.OnUncertain is { } policy ? policy.Value : state.OnUncertain);
        if (Flaw(changed.OrgName, changed.Rps) is { } flaw)
        {
            return Decision<OrgEvent>.Say(flaw);
        }

        if (changed.Rps != state.Rps && (state.Id == OrgId.All || (changed.Rps is null && state.Id != OrgId.Default)))
        {
            return Refuse("invalid_rps", state.Id == OrgId.All ? "The entry for all orgs has no limit of its own." : "An org's limit is 1 to 100 calls a second.");
        }

        if (changed.OrgName == state.Name && changed.Rps == state.Rps && changed.OnUncertain == state.OnUncertain)
        {
            return Already(state);
        }

        var so = Decision<OrgEvent>.Persist(changed).Reply(Done.Instance);
        return changed.Rps == state.Rps ? so : so.Then(new TermsChanged(state.Id));
    }

    /// <summary>It is as it is asked to be, perhaps by this very command, whose commit was not heard of: then nobody has been told yet.</summary>
    private static Decision<OrgEvent> Already(OrgState state) => Decision<OrgEvent>.Say(Done.Instance).Then(new TermsChanged(state.Id));

    private static Decision<OrgEvent> Pause(OrgState state, PauseOutbound pause, Instant now) => state.Pause is not null
        ? Already(state)
        : Decision<OrgEvent>.Persist(new OutboundPaused(now, pause.By, pause.Reason)).Reply(Done.Instance).Then(new TermsChanged(state.Id));

    private static Decision<OrgEvent> Resume(OrgState state, ResumeOutbound resume, Instant now) => state.Pause is null
        ? Already(state)
        : Decision<OrgEvent>.Persist(new OutboundResumed(now, resume.By)).Reply(Done.Instance).Then(new TermsChanged(state.Id));

    private static Refused? Flaw(string name, int? rps) =>
        name.Trim() is not { Length: > 0 and <= LongestName } ? new("invalid_name", "An org's name is 1 to 200 characters.")
        : rps is < RateLimit.Least or > RateLimit.Most ? new("invalid_rps", "An org's limit is 1 to 100 calls a second.")
        : null;

    /// <summary>Where nobody made orgs all mail is the default one's, and the entry for all is not called for anybody: neither has a limit unless set.</summary>
    private static int? DefaultLimit(OrgId id) => id == OrgId.Default || id == OrgId.All ? null : RateLimit.Default;

    private static Decision<OrgEvent> Refuse(string code, string message) => Decision<OrgEvent>.Say(new Refused(code, message));
}
