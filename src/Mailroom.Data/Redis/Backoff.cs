namespace Mailroom.Data.Redis;

/// <summary>Waits that double from the shortest to the longest, each with a random half of it left out, so that many clients do not come at once.</summary>
internal sealed class Backoff(TimeSpan shortest, TimeSpan longest, Random random)
{
    private TimeSpan _last;

    public TimeSpan Next()
    {
        _last = _last == TimeSpan.Zero ? shortest : _last * 2 < longest ? _last * 2 : longest;
        return _last * (1 - (random.NextDouble() / 2));
    }

    public void Reset() => _last = TimeSpan.Zero;
}
