namespace Mailroom.Actors.Kernel;

/// <summary>A list that allocates nothing while it holds no item or one, which is what most decisions hold.</summary>
public readonly struct OneOrMany<T>
    where T : class
{
    private readonly T? _first;
    private readonly T[]? _rest;

    public OneOrMany(T first)
        : this(first, null)
    {
    }

    private OneOrMany(T? first, T[]? rest)
    {
        _first = first;
        _rest = rest;
    }

    public int Count => _first is null ? 0 : 1 + (_rest?.Length ?? 0);

    public T this[int index] => index == 0 && _first is not null
        ? _first
        : (_rest ?? throw new ArgumentOutOfRangeException(nameof(index)))[index - 1];

    public OneOrMany<T> Add(T item) => _first is null ? new(item) : new(_first, _rest is null ? [item] : [.. _rest, item]);

    public T[] ToArray() => _first is null ? [] : _rest is null ? [_first] : [_first, .. _rest];

    public Enumerator GetEnumerator() => new(this);

    public struct Enumerator(OneOrMany<T> items)
    {
        private int _index = -1;

        public readonly T Current => items[_index];

        public bool MoveNext() => ++_index < items.Count;
    }
}
