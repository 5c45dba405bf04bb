using Mailroom.Actors.Kernel;
using Mailroom.Simulation.World;

namespace Mailroom.Simulation.Store;

/// <summary>
/// One process's connections to the database. A call arrives after a while, is served after a while, and is answered after a while;
/// a caller that has waited too long is told that the store is unavailable, and the call may take effect later all the same.
/// </summary>
internal sealed class DatabaseLink(DatabaseServer server, SimProcess process, Action<SimProcess, string> kill)
{
    /// <summary>How long a call waits for its answer (MAIL_POSTGRES_OPERATION_TIMEOUT).</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public DatabaseServer Server => server;

    public SimProcess Process => process;

    public Task<T> CallAsync<T>(bool isCommit, Func<T> work)
    {
        var call = new TaskCompletionSource<T>();
        var fate = server.Draw(isCommit);
        if (!process.Machine.ReachesDatabase)
        {
            Fail(call, server.DrawFailure(), "The database cannot be reached.");
            return call.Task;
        }

        var (service, back) = (server.DrawTravel() + server.DrawService(), server.DrawTravel());
        var isLate = service + back >= Deadline;
        if (isLate)
        {
            Fail(call, Deadline, "The database did not answer in time.");
        }

        server.Timeline.After(service, () => Serve(call, fate, isLate ? null : back, work));
        return call.Task;
    }

    private void Serve<T>(TaskCompletionSource<T> call, Fate fate, TimeSpan? back, Func<T> work)
    {
        if (server.IsDown || fate == Fate.Fails)
        {
            Fail(call, back, "The database is unavailable.");
            return;
        }

        if (fate == Fate.KillsBefore)
        {
            kill(process, "killed_before_commit");
            return;
        }

        T answer;
        try
        {
            answer = server.Serve(process, isUnheard: back is null || fate == Fate.LosesAnswer, work);
        }
        catch (InvalidDataException why)
        {
            Answer(back, () => call.TrySetException(why));
            return;
        }

        switch (fate)
        {
            case Fate.KillsAfter:
                kill(process, "killed_after_commit");
                break;
            case Fate.LosesAnswer:
                Fail(call, back + server.DrawFailure(), "The answer was lost.");
                break;
            default:
                Answer(back, () => call.TrySetResult(answer));
                break;
        }
    }

    private void Fail<T>(TaskCompletionSource<T> call, TimeSpan? after, string why) => Answer(after, () => call.TrySetException(new StoreUnavailableException(why)));

    private void Answer(TimeSpan? after, Action work)
    {
        if (after is { } wait)
        {
            process.After(wait, work);
        }
    }
}
