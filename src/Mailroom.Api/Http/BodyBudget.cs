namespace Mailroom.Api.Http;

/// <summary>How much memory all large bodies together may take.</summary>
internal sealed class BodyBudget(long bytes)
{
    private long _free = bytes;

    public bool TryTake(long wanted)
    {
        if (Interlocked.Add(ref _free, -wanted) >= 0)
        {
            return true;
        }

        Interlocked.Add(ref _free, wanted);
        return false;
    }

    public void Give(long back) => Interlocked.Add(ref _free, back);
}
