using Mailroom.Actors.Kernel;

namespace Mailroom.Simulation.World;

/// <summary>
/// One process on a machine: its share of the one thread, and its timers. Paused (SIGSTOP) nothing of it runs, and all that came
/// meanwhile runs late; dead (SIGKILL) nothing of it ever runs again. What it had sent is on its way either way.
/// </summary>
internal sealed class SimProcess : IScheduler
{
    /// <summary>How often a piece of work finds no free thread at once.</summary>
    private const double Starved = 0.01;

    private readonly Timeline _timeline;
    private readonly SeededRandom _random;
    private readonly Action<Exception> _crashed;
    private readonly List<(object Work, int Setting)> _held = [];

    public SimProcess(Timeline timeline, Machine machine, int number, SeededRandom random, Action<Exception> crashed)
    {
        (_timeline, _random, _crashed) = (timeline, random, crashed);
        Machine = machine;
        Number = number;
        Clock = new(timeline, this, machine.Clock);
    }

    public Machine Machine { get; }

    /// <summary>Counts the processes of a world.</summary>
    public int Number { get; }

    public SimClock Clock { get; }

    /// <summary>What the database gave it at its newest join; 0: it has not joined.</summary>
    public long Incarnation { get; set; }

    public bool IsDead { get; private set; }

    public bool IsPaused { get; private set; }

    public bool Runs => !IsDead && !IsPaused;

    public Timeline Timeline => _timeline;

    public void Run(IThreadPoolWorkItem work)
    {
        if (_random.Chance(Starved))
        {
            _timeline.At(_timeline.Now + _random.Milliseconds(0, 5), this, work);
            return;
        }

        Arrive(work);
    }

    /// <summary>Something of the outside reaches the process after <paramref name="wait"/>.</summary>
    public void After(TimeSpan wait, Action work) => _timeline.At(_timeline.Now + wait, this, work);

    /// <summary>Something is to run in this process.</summary>
    public void Arrive(object work, int setting = 0)
    {
        if (IsDead)
        {
            return;
        }

        if (IsPaused)
        {
            _held.Add((work, setting));
            return;
        }

        _timeline.Ready(this, work, setting);
    }

    public void Do(object work, int setting)
    {
        if (!Runs)
        {
            Arrive(work, setting);
            return;
        }

        try
        {
            switch (work)
            {
                case IThreadPoolWorkItem item:
                    item.Execute();
                    break;
                case Action action:
                    action();
                    break;
                case SimTimer timer:
                    timer.Fire(setting);
                    break;
                default:
                    throw new InvalidOperationException($"{work.GetType()} cannot be run.");
            }
        }
        catch (Exception why) when (why is not SimulationException)
        {
            // In a real process it would end the process.
            _crashed(why);
        }
    }

    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        foreach (var (work, setting) in _held)
        {
            Arrive(work, setting);
        }

        _held.Clear();
    }

    public void Die()
    {
        IsDead = true;
        _held.Clear();
    }
}
