namespace Mailroom.Host.Telemetry;

/// <summary>What this process is doing.</summary>
/// <param name="Running">Attempts that are being made or whose outcome is not stored yet.</param>
/// <param name="InLine">Deliveries that wait for a slot in memory.</param>
/// <param name="IsStoreAvailable">The store answers.</param>
/// <param name="Members">Nodes that share the store, as this one last heard.</param>
/// <param name="Shards">Shards that are this node's.</param>
internal readonly record struct NodeFigures(int Running, int InLine, bool IsStoreAvailable, int Members, int Shards);
