namespace Mailroom.Host.Settings.Hocon;

/// <summary>A value as written: substitutions are not resolved yet.</summary>
public abstract record HoconValue(HoconLocation At)
{
    /// <summary>Every substitution in the value, in order.</summary>
    public abstract IEnumerable<HoconSubstitution> Substitutions { get; }
}

/// <summary>Text, made of one or more pieces that are joined. Numbers, booleans, durations and sizes are text until a setting gives them a type.</summary>
public sealed record HoconText(HoconLocation At, IReadOnlyList<HoconPiece> Pieces) : HoconValue(At)
{
    public override IEnumerable<HoconSubstitution> Substitutions => Pieces.OfType<HoconSubstitution>();

    /// <summary>The substitution, where it is the whole value; otherwise null.</summary>
    public HoconSubstitution? OnlySubstitution => Pieces is [HoconSubstitution only] ? only : null;
}

/// <summary>A list of texts.</summary>
public sealed record HoconList(HoconLocation At, IReadOnlyList<HoconText> Items) : HoconValue(At)
{
    public override IEnumerable<HoconSubstitution> Substitutions => Items.SelectMany(item => item.Substitutions);
}

/// <summary>A piece of a text.</summary>
public abstract record HoconPiece;

/// <summary>Characters that stand for themselves.</summary>
public sealed record HoconLiteral(string Text) : HoconPiece;

/// <summary><c>${name}</c> or, where it may be absent, <c>${?name}</c>: another key's value, else an environment variable.</summary>
public sealed record HoconSubstitution(string Name, bool Optional, HoconLocation At) : HoconPiece
{
    public override string ToString() => Optional ? $"${{?{Name}}}" : $"${{{Name}}}";
}
