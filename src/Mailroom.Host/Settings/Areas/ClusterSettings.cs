namespace Mailroom.Host.Settings;

/// <param name="Node">This node's name, one for each.</param>
/// <param name="Address">Where it listens for the other nodes; null: it is alone.</param>
/// <param name="Url">Where they reach it; null to derive it from the address.</param>
/// <param name="Secret">What nodes show each other; null only where it is alone.</param>
/// <param name="Lease">Within this time a node that was lost is replaced.</param>
public sealed record ClusterSettings(string Node, ListenAddress? Address, Uri? Url, Secret? Secret, TimeSpan Lease)
{
    private const string AddressKey = "mailroom.cluster.addr";
    private const string SecretKey = "mailroom.cluster.secret";
    private const string NodeKey = "mailroom.cluster.node";
    private const int LongestName = 64;
    private const int ShortestSecret = 16;

    internal static ClusterSettings Bind(SettingsTree tree, StoreKind store)
    {
        var isAlone = tree.String(AddressKey).Length == 0;
        var settings = new ClusterSettings(
            BindNode(tree),
            isAlone ? null : tree.ListenAddress(AddressKey),
            tree.Url("mailroom.cluster.url"),
            tree.Secret(SecretKey),
            tree.Duration("mailroom.cluster.lease", TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(5)));
        if (!isAlone)
        {
            settings.Check(tree, store);
        }

        return settings;
    }

    private void Check(SettingsTree tree, StoreKind store)
    {
        if (store != StoreKind.Postgres)
        {
            tree.Refuse(AddressKey, "a SQLite file has one node", $"Set {tree.VariableOf("mailroom.store.kind")}=postgres, or leave {tree.VariableOf(AddressKey)} out");
        }

        if (tree.AreSound(SecretKey) && !(Secret?.Reveal().Length >= ShortestSecret))
        {
            tree.Refuse(SecretKey, $"nodes of a cluster need one, of {ShortestSecret} characters or more, the same on all", $"Set {tree.VariableOf(SecretKey)} to what this prints: openssl rand -base64 32");
        }
    }

    private static string BindNode(SettingsTree tree)
    {
        var name = tree.String(NodeKey);
        if (name.Length > LongestName || name.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('.' or '_' or '-')))
        {
            tree.Refuse(NodeKey, $"it is not 1 to {LongestName} letters, digits, '.', '_' or '-'", $"Set {tree.VariableOf(NodeKey)} to a name such as mail-1");
        }

        return name.Length > 0 ? name : Environment.MachineName;
    }
}
