using System.Numerics;

namespace Mailroom.Host.Settings;

/// <param name="Shards">A power of two.</param>
/// <param name="Mailbox">Messages that wait at one shard.</param>
/// <param name="Stash">Messages that wait at one entity while its write is in flight.</param>
/// <param name="Entities">Entities that one shard keeps in memory.</param>
public sealed record KernelSettings(int Shards, int Mailbox, int Stash, int Entities)
{
    internal static KernelSettings Bind(SettingsTree tree)
    {
        const string ShardsKey = "mailroom.kernel.shards";
        var settings = new KernelSettings(
            tree.Int(ShardsKey, 1, 1024),
            tree.Int("mailroom.kernel.mailbox", 16, 1 << 20),
            tree.Int("mailroom.kernel.stash", 1, 1 << 16),
            tree.Int("mailroom.kernel.entities", 16, 1 << 20));
        if (tree.AreSound(ShardsKey) && !BitOperations.IsPow2(settings.Shards))
        {
            tree.Refuse(ShardsKey, "it is not a power of two", $"Set {tree.VariableOf(ShardsKey)} to 1, 2, 4, 8 and so on up to 1024");
        }

        return settings;
    }
}
