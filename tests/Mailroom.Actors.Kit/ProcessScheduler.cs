using Mailroom.Actors.Kernel;

namespace Mailroom.Actors.Kit;

/// <summary>One process's share of a scheduler. When the process dies, what it still wants done is not done: its last waits end on threads that nobody steers.</summary>
public sealed class ProcessScheduler(IScheduler scheduler) : IScheduler
{
    private volatile bool _isDead;

    public void Run(IThreadPoolWorkItem work)
    {
        if (!_isDead)
        {
            scheduler.Run(work);
        }
    }

    /// <summary>To be called before what the process held is disposed of.</summary>
    public void Die() => _isDead = true;
}
