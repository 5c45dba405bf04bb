using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Deliveries;

/// <summary>
/// One org's mail on its way out of this node: what waits in memory, what is claimed, and what the org allows. Times are spans
/// since the node was made, by the monotonic clock. Only touched under the lock of <see cref="OrgLines"/>.
/// </summary>
internal sealed class OrgLine(OrgId org)
{
    /// <summary>How long before its call a limited org's mail is claimed: enough for the claim's commit, and little enough that claims do not wait in numbers.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMilliseconds(50);

    /// <summary>Terms are asked for again this long before they run out.</summary>
    private static readonly TimeSpan Renewal = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan HalfLife = Orgs.Org.Window / 2;

    private bool _isExpired;

    /// <summary>When the newest window begins: what is answered later within it says nothing of that and must not bring it forward.</summary>
    private TimeSpan _begins;

    public OrgId Org => org;

    public Lane Urgent { get; } = new(org, isUrgent: true);

    public Lane Normal { get; } = new(org, isUrgent: false);

    /// <summary>Claims that are out.</summary>
    public int Claims { get; set; }

    /// <summary>Claims whose call has not begun.</summary>
    public int Ahead { get; set; }

    /// <summary>Urgent turns since the last normal one.</summary>
    public int Streak { get; set; }

    /// <summary>Hears of the accepts that were given a claim of this line.</summary>
    public IReplyTo? FreshClaims { get; set; }

    /// <summary>When the last call began.</summary>
    public TimeSpan? LastCall { get; set; }

    /// <summary>The newest answer, also when it is too old for a call: what was true is the best guess. Null: never answered.</summary>
    public SendingTerms? Terms { get; private set; }

    /// <summary>No call before.</summary>
    public TimeSpan NotBefore { get; private set; }

    /// <summary>No call after.</summary>
    public TimeSpan Until { get; private set; }

    /// <summary>Another node's turn comes after <see cref="Until"/>: no call and no question before this. Null: nobody else waits.</summary>
    public TimeSpan? ResumesAt { get; private set; }

    public bool IsAsking { get; set; }

    /// <summary>The terms changed while they were being asked for.</summary>
    public bool AskAgain { get; set; }

    public TimeSpan AskedAt { get; set; }

    /// <summary>When a question that was refused is asked again; null: the last one was answered.</summary>
    public TimeSpan? RetryAt { get; set; }

    /// <summary>Since when a call could begin but for an answer; null: none waits for one.</summary>
    public TimeSpan? UncoveredSince { get; set; }

    /// <summary>How long the last answer took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>The earliest time at which this line is to be looked at again; null: none is set.</summary>
    public TimeSpan? WakesAt { get; set; }

    public bool IsIdle => !IsAsking && Claims == 0 && Urgent is { IsEmpty: true, Behind: null } && Normal is { IsEmpty: true, Behind: null };

    public Lane LaneOf(bool urgent) => urgent ? Urgent : Normal;

    /// <summary>When the next call may begin, as far as its spacing goes.</summary>
    public TimeSpan NextCall(TimeSpan now)
    {
        var next = RateLimit.Next(LastCall, Terms?.Spacing, now);
        next = next > NotBefore ? next : NotBefore;
        next = next > _begins ? next : _begins;
        return next > Until && ResumesAt > next ? ResumesAt.Value : next;
    }

    /// <summary>When the next claim is to be made; not after <paramref name="now"/>: at once.</summary>
    public TimeSpan NextClaim(TimeSpan now)
    {
        var call = NextCall(now);
        return Terms?.Spacing is { } spacing ? call + spacing * Ahead - Lead : call - Lead;
    }

    /// <summary>The terms do not cover a call at <paramref name="call"/>, or not for much longer.</summary>
    public bool IsStale(TimeSpan now, TimeSpan call) => Terms switch
    {
        null => true,
        _ when _isExpired => true,
        _ when now < ResumesAt => false,
        { For: var span } when span == TimeSpan.Zero => now >= NotBefore,
        { Spacing: null } => now - AskedAt >= HalfLife,
        _ => call > Until - Renewal,
    };

    /// <summary>The limited org's window that this node was given still runs.</summary>
    public bool HasWindow(TimeSpan now) => Terms is { Spacing: not null } && now <= Until;

    /// <summary>A call that begins now is covered.</summary>
    public bool Covers(TimeSpan now) => Terms is not null && !_isExpired && now <= Until;

    public void Answer(SendingTerms terms, TimeSpan now)
    {
        Terms = terms;
        NotBefore = now + terms.Wait;
        Until = AskedAt + terms.For;
        _begins = terms.Spacing is not null && terms.For > TimeSpan.Zero && NotBefore > _begins ? NotBefore : _begins;
        ResumesAt = now + terms.Pause;
        Took = now - AskedAt;
        RetryAt = null;
        _isExpired = AskAgain;
        if (terms.For == TimeSpan.Zero || Covers(now))
        {
            UncoveredSince = null;
        }
    }

    /// <summary>What is known must not be used for another call.</summary>
    public void Expire()
    {
        _isExpired = true;
        AskAgain = IsAsking;
    }

    public void Hold(TimeSpan until) => NotBefore = until > NotBefore ? until : NotBefore;
}
