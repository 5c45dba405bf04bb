using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Kills;

/// <summary>A point of one mail's way at which the process dies, and what must hold after the restart.</summary>
/// <param name="Name">In words.</param>
internal sealed record MailPoint(string Name)
{
    /// <summary>The point of <c>Mailroom.CrashHost</c> at which the process kills itself; null: it is killed once the next hop stalls.</summary>
    public string? Point { get; init; }

    /// <summary>At which passing of <see cref="Point"/>.</summary>
    public int Passing { get; init; } = 1;

    /// <summary>What the next hop does while the first process lives.</summary>
    public LedgerFaults NextHop { get; init; } = LedgerFaults.None;

    /// <summary>The next hop has taken the mail and said so, and the process dies before it reads that.</summary>
    public bool IsTaken { get; init; }

    /// <summary>Too large for the buffers between the two.</summary>
    public bool IsLarge { get; init; }

    /// <summary>It is not to be sent before some time has gone by.</summary>
    public bool IsScheduled { get; init; }

    /// <summary>The waits between attempts.</summary>
    public string Ladder { get; init; } = "1s";

    /// <summary>Whether the first process had stored it.</summary>
    public bool IsStored { get; init; } = true;

    /// <summary>Where it has to end.</summary>
    public string Status { get; init; } = "sent";

    /// <summary>The attempts that it must have at its end (G2: a copy too many needs an uncertain one).</summary>
    public string[] Attempts { get; init; } = ["uncertain", "provider_accepted"];

    /// <summary>How often the next hop must have taken it.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>All of them, in the order of a mail's way.</summary>
    public static IReadOnlyList<MailPoint> All { get; } =
    [
        new("before the accept's commit") { Point = "before accepted", IsStored = false, Attempts = ["provider_accepted"] },
        new("after the accept's commit, before the 202") { Point = "after accepted" },
        new("after the accept's commit of a scheduled mail") { Point = "after accepted", IsScheduled = true, Attempts = ["provider_accepted"] },
        new("after a scheduled mail is queued") { Point = "after queued", IsScheduled = true, Attempts = ["provider_accepted"] },
        new("after the claim's commit, before the call") { Point = "before call" },
        new("before a second claim's commit")
        {
            Point = "before attempt_started", Passing = 2, NextHop = Later, Attempts = ["transport_failed", "provider_accepted"],
        },
        new("after a second claim's commit, before the call")
        {
            Point = "after attempt_started", Passing = 2, NextHop = Later, Ladder = "1s,1s", Attempts = ["transport_failed", "uncertain", "provider_accepted"],
        },
        new("connected, not greeted") { NextHop = new() { StallBeforeGreeting = true } },
        new("after MAIL and RCPT, before RCPT's answer") { NextHop = new() { StallIn = "RCPT TO" } },
        new("after DATA, before its answer") { NextHop = new() { StallBeforeData = _ => true } },
        new("in the middle of the content") { NextHop = new() { StallInContent = true }, IsLarge = true },
        new("after the final dot, not taken") { NextHop = Dot },
        new("after the final dot, taken, the 250 not read") { NextHop = Dot, IsTaken = true, Copies = 2 },
        new("after the 250, before the record") { Point = "after call", Copies = 2 },
        new("before the record's commit") { Point = "before attempt_ended", Copies = 2 },
        new("after the record's commit") { Point = "after sent", Attempts = ["provider_accepted"] },
        new("before a retry's commit") { Point = "before retry_scheduled", NextHop = Later },
        new("after a retry's commit") { Point = "after retry_scheduled", NextHop = Later, Attempts = ["transport_failed", "provider_accepted"] },
        new("before the dead letter's commit")
        {
            Point = "before dead_lettered", NextHop = Later, Ladder = "[]", Status = "dead_letter", Attempts = ["uncertain"], Copies = 0,
        },
        new("after the dead letter's commit")
        {
            Point = "after dead_lettered", NextHop = Later, Ladder = "[]", Status = "dead_letter", Attempts = ["transport_failed"], Copies = 0,
        },
        new("after a refusal's commit") { Point = "after failed", NextHop = Never, Status = "failed", Attempts = ["provider_rejected"], Copies = 0 },
    ];

    private static LedgerFaults Later => new() { Recipient = _ => "451 4.2.1 Try again later" };

    private static LedgerFaults Never => new() { Recipient = _ => "550 5.1.1 No such user" };

    private static LedgerFaults Dot => new() { Dot = _ => DotFault.Stall };

    public override string ToString() => Name;
}
