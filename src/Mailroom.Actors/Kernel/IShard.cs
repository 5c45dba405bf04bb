namespace Mailroom.Actors.Kernel;

/// <summary>What the commit writer knows of the shard that a change came from.</summary>
internal interface IShard
{
    /// <summary>The change is settled; the shard takes it up at its next turn.</summary>
    void Settled(Change change);

    /// <summary>Asks for a turn, once for all that was settled.</summary>
    void Wake();
}
