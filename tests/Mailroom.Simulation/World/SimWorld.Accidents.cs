namespace Mailroom.Simulation.World;

/// <summary>What goes wrong beside single calls: each accident at its own time, each with its end.</summary>
internal sealed partial class SimWorld
{
    private void PlanAccidents()
    {
        Accident(Plan.Kills, () => OfSome(node => Kill(node.Process, "killed")));
        Accident(Plan.Stops, () => OfSome(node =>
        {
            History.Add(node.Process.Machine.Number, "stopping");
            Figures.Stops++;
            node.Stop();
        }));
        Accident(Plan.Pauses, () => OfSome(Pause));
        Accident(Plan.Replacements, () => OfSome(node =>
        {
            Pause(node);
            StartAnother(node.Process.Machine);
        }));
        Accident(Plan.Splits, Split);
        Accident(Plan.ClockJumps, () => OfSomeMachine(machine =>
        {
            History.Add(machine.Number, "clock_jump");
            machine.Clock.Jump(_random.Milliseconds(-4000, 4000));
        }));
        Accident(Plan.Outages, () => Spell("database_down", 100, 4000, isDown => Database.IsDown = isDown));
        Accident(Plan.Stalls, () =>
        {
            History.Add(-1, "database_stall");
            Database.Stall(Timeline.Now + _random.Milliseconds(50, 2500));
        });
        Accident(Plan.Partitions, () => OfSomeMachine(Partition));
        Accident(Plan.MailOutages, () => Spell("mail_server_down", 100, 3000, isDown => MailServer.IsDown = isDown));
        Accident(Plan.RedisOutages, () => Spell("redis_down", 100, 3000, isDown => Redis.IsDown = isDown));
        Accident(Plan.Trims, () => Redis.Trim(_random.Below(Redis.Entries.Count + 1), Database.Streams[Simulation.Redis.RedisServer.Stream] is null ? "trimmed_before" : "trimmed"));
        Accident(Plan.RedisResets, () =>
        {
            if (_random.Chance(0.5))
            {
                Redis.Flush();
            }
            else
            {
                Redis.LoseNewest(_random.Between(1, 5));
            }
        });
    }

    private void Pause(RunningNode node)
    {
        if (node.Process.IsPaused)
        {
            return;
        }

        History.Add(node.Process.Machine.Number, "paused");
        Figures.Pauses++;
        node.Process.Pause();
        Timeline.After(_random.Chance(0.5) ? _random.Milliseconds(10, 1500) : _random.Milliseconds(500, 8000), () =>
        {
            if (node.Process.IsPaused)
            {
                History.Add(node.Process.Machine.Number, "resumed");
                node.Process.Resume();
            }
        });
    }

    private void Split()
    {
        var from = _random.Below(_machines.Count);
        var to = (from + 1 + _random.Below(_machines.Count - 1)) % _machines.Count;
        Network.Cut(from, to, isCut: true);
        Timeline.After(_random.Milliseconds(200, 6000), () => Network.Cut(from, to, isCut: false));
    }

    private void Partition(Machine machine)
    {
        var what = _random.Below(3);
        void Set(bool reaches)
        {
            History.Add(machine.Number, reaches ? "reaches" : "cut_off", null, what);
            switch (what)
            {
                case 0:
                    machine.ReachesDatabase = reaches;
                    break;
                case 1:
                    machine.ReachesRedis = reaches;
                    break;
                default:
                    machine.IsReachable = reaches;
                    break;
            }
        }

        Set(reaches: false);
        Timeline.After(_random.Milliseconds(100, 4000), () => Set(reaches: true));
    }

    private void Accident(int times, Action happens) => Repeat(times, () => Timeline.At(_random.Milliseconds(300, Plan.Active.TotalMilliseconds), () =>
    {
        if (!_isQuiet)
        {
            happens();
        }
    }));

    private void Spell(string what, double least, double most, Action<bool> set)
    {
        History.Add(-1, what);
        set(true);
        Timeline.After(_random.Milliseconds(least, most), () =>
        {
            History.Add(-1, what + "_over");
            set(false);
        });
    }

    private void OfSome(Action<RunningNode> happens)
    {
        if (_nodes.Count > 0)
        {
            happens(_random.Of(_nodes));
        }
    }

    private void OfSomeMachine(Action<Machine> happens) => happens(_random.Of(_machines));
}
