namespace Mailroom.Simulation.World;

/// <summary>The one source of chance of a run (SplitMix64): the same seed gives the same run on every machine and framework.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var mixed = _state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from 0 (included) to <paramref name="end"/> (excluded).</summary>
    public int Below(int end) => (int)(((Next() >> 32) * (ulong)end) >> 32);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double of) => of > 0 && Fraction() < of;

    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + new TimeSpan((long)((most - least).Ticks * Fraction()));

    public TimeSpan Milliseconds(double least, double most) => Between(TimeSpan.FromMilliseconds(least), TimeSpan.FromMilliseconds(most));

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>A source of its own for one part, so that what the part draws does not depend on what others draw.</summary>
    public SeededRandom Fork() => new(Next());
}
