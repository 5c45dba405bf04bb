using System.Text.Json;
using Mailroom.Actors.Cluster;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal;

/// <summary>The nodes that share the database, their leases, and who owns which shard under which epoch, as the database says now.</summary>
internal sealed class Nodes(Func<CancellationToken, ValueTask<ClusterView>> view)
{
    public async Task ListAsync(HttpContext context, CancellationToken reads)
    {
        new QueryFilters(context).End();
        await Reply.JsonAsync(context, StatusCodes.Status200OK, await view(reads), static (json, view) => NodesJson.Write(json, view));
    }
}

/// <summary>Nodes and shards as operators see them.</summary>
public static class NodesJson
{
    public static void Write(Utf8JsonWriter json, ClusterView view)
    {
        json.WriteStartObject();
        json.WriteStartArray("nodes");
        foreach (var member in view.Members)
        {
            json.WriteStartObject();
            json.WriteString("node", member.Name);
            json.WriteNumber("incarnation", member.Incarnation);
            json.WriteString("address", member.Address);
            json.WriteString("joined_at", member.JoinedAt.ToString());
            json.WriteNumber("lease_left_ms", (long)member.LeaseLeft.TotalMilliseconds);
            json.WriteBoolean("stopping", member.IsStopping);
            json.WriteBoolean("answers_this", member.Incarnation == view.Self);
            json.WriteNumber("shards", view.Shards.Count(shard => shard.Owner == member.Incarnation));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("free_shards", view.Shards.Count(shard => view.Find(shard.Owner) is null));
        json.WriteStartArray("shards");
        for (var shard = 0; shard < view.Shards.Count; shard++)
        {
            json.WriteStartObject();
            json.WriteNumber("shard", shard);
            json.WriteString("node", view.Find(view.Shards[shard].Owner)?.Name);
            json.WriteNumber("owner", view.Shards[shard].Owner);
            json.WriteNumber("epoch", view.Shards[shard].Epoch);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("database_time", view.Now.ToString());
        json.WriteEndObject();
    }
}
