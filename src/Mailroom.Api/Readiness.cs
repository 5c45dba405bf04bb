namespace Mailroom.Api;

/// <summary>How far this process is: starting, taking mail, or stopping. It only goes forward.</summary>
public sealed class Readiness
{
    private const int Starting = 0;
    private const int Ready = 1;
    private const int Stopping = 2;

    private int _phase;

    /// <summary>The start is complete, whether or not the process is stopping by now.</summary>
    public bool HasStarted => Volatile.Read(ref _phase) != Starting;

    /// <summary>Mail is taken.</summary>
    public bool IsReady => Volatile.Read(ref _phase) == Ready;

    /// <summary>It stops: what still comes is taken, but nothing more should.</summary>
    public bool IsStopping => Volatile.Read(ref _phase) == Stopping;

    /// <summary>The start is complete. Does nothing once <see cref="MarkStopping"/> was called.</summary>
    public void MarkReady() => Interlocked.CompareExchange(ref _phase, Ready, Starting);

    /// <summary>No more mail is taken: load balancers see it at <c>/health/ready</c>.</summary>
    public void MarkStopping() => Volatile.Write(ref _phase, Stopping);
}
