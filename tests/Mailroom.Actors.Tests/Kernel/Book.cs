using System.Collections.Immutable;
using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Tests.Kernel;

/// <summary>An entity for the kernel's tests: a book of entries, each entered once, that fails when told to.</summary>
internal sealed class Book : IEntity<BookState, BookMessage, BookEvent>
{
    public static readonly EntityKind<BookMessage> Kind = new("book");

    public static BookState Absent { get; } = new();

    public static Decision<BookEvent> Decide(BookState state, BookMessage message, Instant now) => message switch
    {
        Enter enter when state.Entries.Contains(enter.Entry) => Decision<BookEvent>.Say(new Entered(enter.Entry)),
        Enter enter => Decision<BookEvent>.Persist(new EntryMade(enter.Entry, enter.Due, enter.Rests))
            .Reply(new Entered(enter.Entry)).Then(new Ring(enter.Entry)),
        Open open when state.Entries.Contains(open.Entry) => Decision<BookEvent>.Say(new Entered(open.Entry)),
        Open when state.Entries.Count > 0 => Decision<BookEvent>.Say(new Taken()),
        Open open => Decision<BookEvent>.Persist(new EntryMade(open.Entry, null, false)).Reply(new Entered(open.Entry)),
        Read => Decision<BookEvent>.Say(state),
        Stumble => throw new InvalidDataException("The test wants this decision to fail."),
        TearOut => Decision<BookEvent>.Persist(new PageTorn()),
        TimeReached reached when state.Due <= now => Decision<BookEvent>.Persist(new TimeNoted(reached.At)),
        TimeReached => Decision<BookEvent>.Nothing,
        _ => throw new ArgumentOutOfRangeException(nameof(message)),
    };

    public static BookState Apply(BookState state, BookEvent happened) => happened switch
    {
        EntryMade made => state with { Entries = state.Entries.Add(made.Entry), Due = made.Due, Rests = made.Rests },
        TimeNoted => state with { Due = null, Woken = state.Woken + 1 },
        PageTorn => throw new InvalidDataException("The test wants this event to fail."),
        _ => throw new ArgumentOutOfRangeException(nameof(happened)),
    };

    public static Instant? DueAt(BookState state) => state.Due;

    public static BookMessage Due(Instant at) => new TimeReached(at);

    public static bool Creates(BookMessage message) => message is Open;

    public static bool IsResting(BookState state) => state.Rests;
}

internal sealed record BookState
{
    public ImmutableList<int> Entries { get; init; } = [];

    public Instant? Due { get; init; }

    public bool Rests { get; init; }

    public int Woken { get; init; }
}

internal abstract record BookMessage;

internal sealed record Enter(int Entry, Instant? Due = null, bool Rests = false) : BookMessage;

/// <summary>Begins a book.</summary>
internal sealed record Open(int Entry) : BookMessage;

internal sealed record Read : BookMessage;

internal sealed record Stumble : BookMessage;

internal sealed record TearOut : BookMessage;

internal sealed record TimeReached(Instant At) : BookMessage;

internal abstract record BookEvent;

internal sealed record EntryMade(int Entry, Instant? Due, bool Rests) : BookEvent;

internal sealed record TimeNoted(Instant At) : BookEvent;

internal sealed record PageTorn : BookEvent;

internal sealed record Entered(int Entry);

internal sealed record Taken;

internal sealed record Ring(int Entry) : Effect;
