namespace Mailroom.Simulation.Mail;

/// <summary>What a mail server does with one attempt.</summary>
internal enum MailAct
{
    Accepts,

    /// <summary>Accepts, just before its caller's deadline or just after it.</summary>
    AcceptsLate,

    /// <summary>550 to a recipient.</summary>
    Rejects,

    /// <summary>550 because the recipient is suppressed there.</summary>
    Suppresses,

    /// <summary>535: the credentials are not taken.</summary>
    RefusesLogin,

    /// <summary>421 or 451 before the data.</summary>
    PutsOff,

    /// <summary>No connection, or one that is reset before the final dot.</summary>
    Drops,

    /// <summary>A throttle reply for this mail.</summary>
    Throttles,

    /// <summary>A throttle reply for the whole account.</summary>
    SlowsOrg,

    /// <summary>No answer before the final dot, until the caller's deadline.</summary>
    HangsBefore,

    /// <summary>Takes the mail; its answer is lost with the connection.</summary>
    TakesAndDrops,

    /// <summary>Loses the mail and the connection after the final dot.</summary>
    DropsAfter,

    /// <summary>Takes the mail and never answers.</summary>
    TakesAndHangs,

    /// <summary>Never answers after the final dot, and has not taken the mail.</summary>
    HangsAfter,

    /// <summary>451 after the final dot.</summary>
    PutsOffAfter,

    /// <summary>554 after the final dot.</summary>
    RejectsAfter,

    /// <summary>Takes some recipients, puts others off, refuses others.</summary>
    TakesSome,

    /// <summary>The same; its answer to the final dot is lost with the connection.</summary>
    TakesSomeAndDrops,

    /// <summary>The same, and loses the mail too.</summary>
    DropsAfterSome,
}
