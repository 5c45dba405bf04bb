namespace Mailroom.Data.Redis;

/// <summary>An aggregate under way.</summary>
internal struct RespFrame
{
    private const int FirstRoom = 256;

    private RedisReplyKind _kind;
    private long _count;
    private RedisReply[]? _items;
    private int _kept;

    /// <summary>Elements that have not come.</summary>
    public long Missing;

    /// <summary>Elements are still being kept.</summary>
    public bool IsKept;

    /// <summary>The aggregate itself is kept, with as many of its elements as found room.</summary>
    public bool WasKept;

    public bool IsAttribute;

    public void Begin(RedisReplyKind kind, long count, bool isAttribute, bool isKept)
    {
        (_kind, _count, Missing, IsAttribute, IsKept, WasKept, _kept) = (kind, count, count, isAttribute, isKept, isKept, 0);
        _items = isKept ? new RedisReply[Math.Min(count, FirstRoom)] : null;
    }

    public void Add(in RedisReply element)
    {
        if (_kept == _items!.Length)
        {
            Array.Resize(ref _items, (int)Math.Min(_count, _items.Length * 2L));
        }

        _items[_kept++] = element;
    }

    public RedisReply End()
    {
        var items = _items ?? [];
        _items = null;
        Array.Resize(ref items, _kept);
        return RedisReply.Aggregate(_kind, _count, items);
    }
}
