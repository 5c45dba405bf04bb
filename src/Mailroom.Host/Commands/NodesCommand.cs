using System.Globalization;
using System.Text.Json;
using Mailroom.Actors.Cluster;
using Mailroom.Api.Internal;
using Mailroom.Host.Running;
using Mailroom.Host.Settings;
using Spectre.Console;

namespace Mailroom.Host.Commands;

/// <summary><c>mailroom nodes</c>: who runs on the database, and which shards each has.</summary>
internal static class NodesCommand
{
    public static async Task<int> RunAsync(MailroomSettings settings, bool asJson)
    {
        var store = Stores.Open(settings, TimeProvider.System);
        await using (store.ConfigureAwait(false))
        {
            var view = await store.Ownership.ViewAsync(CancellationToken.None).ConfigureAwait(false);
            if (asJson)
            {
                var output = Console.OpenStandardOutput();
                await using (output.ConfigureAwait(false))
                {
                    using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
                    NodesJson.Write(json, view);
                }
            }
            else
            {
                Show(view);
            }
        }

        return ExitCode.Ok;
    }

    private static void Show(ClusterView view)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("node", "incarnation", "address", "joined", "lease", "shards", "");
        foreach (var member in view.Members)
        {
            var owned = Enumerable.Range(0, view.Shards.Count).Where(shard => view.Shards[shard].Owner == member.Incarnation).ToList();
            table.AddRow(
                Markup.Escape(member.Name), member.Incarnation.ToString(CultureInfo.InvariantCulture), Markup.Escape(member.Address.Length > 0 ? member.Address : "alone"),
                member.JoinedAt.ToString(), Lease(member), $"{owned.Count.ToString(CultureInfo.InvariantCulture)}: {Ranges(owned)}", member.IsStopping ? "stopping" : "");
        }

        TableOutput.Write(table);
        var free = view.Shards.Count(shard => view.Find(shard.Owner) is null);
        if (free > 0)
        {
            Console.WriteLine($"{free.ToString(CultureInfo.InvariantCulture)} shards have no node: their mail waits until one takes them.");
        }
    }

    private static string Lease(Member member) => member.LeaseLeft > TimeSpan.Zero
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Min(member.LeaseLeft.TotalSeconds, 9999):F1} s left")
        : string.Create(CultureInfo.InvariantCulture, $"ran out {-member.LeaseLeft.TotalSeconds:F1} s ago");

    /// <summary>For example <c>0-3 7</c>.</summary>
    private static string Ranges(List<int> shards)
    {
        var ranges = new List<string>();
        for (var first = 0; first < shards.Count;)
        {
            var last = first;
            while (last + 1 < shards.Count && shards[last + 1] == shards[last] + 1)
            {
                last++;
            }

            ranges.Add(first == last ? Number(shards[first]) : $"{Number(shards[first])}-{Number(shards[last])}");
            first = last + 1;
        }

        return string.Join(' ', ranges);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
