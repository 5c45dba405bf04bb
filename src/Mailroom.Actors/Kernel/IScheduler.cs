namespace Mailroom.Actors.Kernel;

/// <summary>Where the kernel's work runs. Never inline: a caller of <see cref="Run"/> goes on first.</summary>
public interface IScheduler
{
    void Run(IThreadPoolWorkItem work);
}

/// <summary>The process's thread pool.</summary>
public sealed class ThreadPoolScheduler : IScheduler
{
    public static readonly ThreadPoolScheduler Instance = new();

    private ThreadPoolScheduler()
    {
    }

    public void Run(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
}
