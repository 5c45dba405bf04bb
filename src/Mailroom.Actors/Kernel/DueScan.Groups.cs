namespace Mailroom.Actors.Kernel;

/// <summary>
/// The scan of rows that form groups. By turns: at every repair the first rows of each group, then what the lines of the groups
/// have room for, and in between what time brings, in its order. After a repair all that is due was told or is known to its line as
/// left behind, so the scan by time goes on from there and never walks through one group's backlog to find another's row.
/// </summary>
internal sealed partial class DueScan<TState>
{
    /// <summary>Groups in one page of a repair.</summary>
    private const int GroupsPerPage = 256;

    /// <summary>Rows of each group in a repair: enough to be busy with until its line wishes for more.</summary>
    private const int RowsPerGroup = 64;

    /// <summary>Times that wishes are granted before the scan by time has its turn.</summary>
    private const int WishRounds = 4;

    private async Task ScanAsync(IDueGroups groups, IDueLines lines)
    {
        var now = clock.Now();
        if (_repairedAt is not { } repaired || clock.GetElapsedTime(repaired) >= options.RepairInterval)
        {
            await RepairAsync(groups, lines, now).ConfigureAwait(false);
        }

        for (var round = 0; round < WishRounds && lines.TakeWishes() is { Count: > 0 } wishes; round++)
        {
            foreach (var wish in wishes)
            {
                await GrantAsync(groups, lines, wish, now).ConfigureAwait(false);
            }
        }

        while (!_stopping.IsCancellationRequested && shards() is { Count: > 0 } owned)
        {
            var due = await rows.DueAsync(owned, now, _after, options.ScanPage, _stopping.Token).ConfigureAwait(false);
            spell.Succeeded(StoreSide.Reads);
            var told = due.Where(row => lines.Admits(row, isLast: false)).ToList();
            if (!await TellAllAsync(told).ConfigureAwait(false))
            {
                return;
            }

            _after = due.Count > 0 ? due[^1] : _after;
            if (due.Count < options.ScanPage)
            {
                return;
            }

            if (told.Count < due.Count / 2)
            {
                // Some group's backlog fell due at once: others must not wait until it is read through.
                await RepairAsync(groups, lines, now).ConfigureAwait(false);
                return;
            }
        }
    }

    private async ValueTask RepairAsync(IDueGroups groups, IDueLines lines, Instant now)
    {
        var since = clock.GetTimestamp();
        string? after = null;
        do
        {
            if (_stopping.IsCancellationRequested || shards() is not { Count: > 0 } owned)
            {
                return;
            }

            var page = await groups.DueByGroupAsync(owned, now, after, GroupsPerPage, RowsPerGroup, _stopping.Token).ConfigureAwait(false);
            spell.Succeeded(StoreSide.Reads);
            if (!await TellAllAsync(Admitted(page.Rows, lines)).ConfigureAwait(false))
            {
                return;
            }

            after = page.Next;
        }
        while (after is not null);

        _repairedAt = since;
        _after = new(now, "");
    }

    private static List<DueRow> Admitted(IReadOnlyList<DueRow> page, IDueLines lines)
    {
        var admitted = new List<DueRow>(page.Count);
        var ofGroup = 0;
        string? group = null;
        foreach (var row in page)
        {
            ofGroup = row.Group == group ? ofGroup + 1 : 1;
            group = row.Group;
            if (lines.Admits(row, isLast: ofGroup == RowsPerGroup))
            {
                admitted.Add(row);
            }
        }

        return admitted;
    }

    private async ValueTask GrantAsync(IDueGroups groups, IDueLines lines, DueWish wish, Instant now)
    {
        if (_stopping.IsCancellationRequested || shards() is not { Count: > 0 } owned)
        {
            return;
        }

        var due = await groups.DueOfGroupAsync(wish.Group, owned, now, wish.Limit, _stopping.Token).ConfigureAwait(false);
        spell.Succeeded(StoreSide.Reads);
        lines.Granted(wish, due.Count < wish.Limit ? null : due[^1].At);
        await TellAllAsync([.. due.Where(row => lines.Admits(row, isLast: false))]).ConfigureAwait(false);
    }

    /// <summary>False: some were refused, and the next scan begins with a repair that finds them.</summary>
    private async ValueTask<bool> TellAllAsync(List<DueRow> due)
    {
        if (await TellAsync(due).ConfigureAwait(false) == due.Count)
        {
            return true;
        }

        _repairedAt = null;
        return false;
    }
}
