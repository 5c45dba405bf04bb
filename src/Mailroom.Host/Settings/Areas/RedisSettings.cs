namespace Mailroom.Host.Settings;

/// <param name="Master">The server that holds the streams; null: there is no intake from streams.</param>
/// <param name="Replicas">Who is asked for the master where it does not answer.</param>
/// <param name="Password">Null where the servers ask for none.</param>
/// <param name="Database">The number of the database.</param>
/// <param name="OperationTimeout">Longest time for one operation.</param>
/// <param name="Tls">Connects by TLS.</param>
/// <param name="InsecureSkipVerify">Any certificate is accepted.</param>
public sealed record RedisSettings(
    HostPort? Master,
    IReadOnlyList<HostPort> Replicas,
    Secret? Password,
    int Database,
    TimeSpan OperationTimeout,
    bool Tls,
    bool InsecureSkipVerify)
{
    private const string MasterKey = "mailroom.redis.master-addr";
    private const string ReplicasKey = "mailroom.redis.replica-addrs";
    private const string PasswordKey = "mailroom.redis.password";
    private const string SkipVerifyKey = "mailroom.redis.insecure-skip-verify";

    internal static RedisSettings Bind(SettingsTree tree, Profile profile)
    {
        var settings = new RedisSettings(
            tree.Server(MasterKey),
            tree.Servers(ReplicasKey, 16),
            tree.Secret(PasswordKey),
            tree.Int("mailroom.redis.db", 0, 65_535),
            tree.Duration("mailroom.redis.operation-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            tree.Bool("mailroom.redis.tls"),
            tree.Bool(SkipVerifyKey));
        settings.Check(tree, profile);
        return settings;
    }

    private void Check(SettingsTree tree, Profile profile)
    {
        if (profile == Profile.Production)
        {
            Require(tree, MasterKey, Master, $"Set {tree.VariableOf(MasterKey)} to the Redis server of the command stream, {HostPort.Form}");
            Require(tree, PasswordKey, Password, $"Set {tree.VariableOf(PasswordKey)} to the password of that server (requirepass)");
        }

        if (tree.AreSound(MasterKey, ReplicasKey) && Master is null && Replicas.Count > 0)
        {
            tree.Refuse(ReplicasKey, $"{MasterKey} is not set, and replicas are of use only beside it", $"Set {tree.VariableOf(MasterKey)} too, or remove {tree.VariableOf(ReplicasKey)}");
        }

        if (Tls && InsecureSkipVerify)
        {
            tree.Warn(SkipVerifyKey, "any certificate of the Redis server is accepted", $"Unset {tree.VariableOf(SkipVerifyKey)} outside tests");
        }
    }

    private static void Require(SettingsTree tree, string key, object? value, string fix)
    {
        if (value is null)
        {
            tree.Refuse(key, "the production profile needs it", fix);
        }
    }
}
