namespace Mailroom.Host.Settings;

/// <summary>Every setting, checked. It does not change while the process runs.</summary>
/// <param name="Profile">Which file of defaults applied.</param>
/// <param name="DataDirectory">Where Mailroom writes its files; relative to the working directory.</param>
/// <param name="ShutdownTimeout">Time for finishing work after a signal to stop.</param>
/// <param name="EncryptionKey">32 bytes that encrypt stored secrets; null only in the dev profile.</param>
/// <param name="Http">Both listeners.</param>
/// <param name="Log">What is logged and how.</param>
/// <param name="Store">The database.</param>
/// <param name="Redis">The server of the command streams.</param>
/// <param name="Stream">The command streams.</param>
/// <param name="Smtp">The next hop.</param>
/// <param name="Delivery">Attempts and retries.</param>
/// <param name="Retention">How long things are kept.</param>
/// <param name="TemplateDirectory">Where the templates are; relative to the working directory.</param>
/// <param name="Kernel">The sizes of the actors' runtime.</param>
/// <param name="Cluster">The other nodes.</param>
/// <param name="Telemetry">Traces and metrics.</param>
public sealed record MailroomSettings(
    Profile Profile,
    string DataDirectory,
    TimeSpan ShutdownTimeout,
    SecretKey? EncryptionKey,
    HttpSettings Http,
    LogSettings Log,
    StoreSettings Store,
    RedisSettings Redis,
    StreamSettings Stream,
    SmtpSettings Smtp,
    DeliverySettings Delivery,
    RetentionSettings Retention,
    string TemplateDirectory,
    KernelSettings Kernel,
    ClusterSettings Cluster,
    TelemetrySettings Telemetry)
{
    private const string ProfileKey = "mailroom.profile";
    private const string EncryptionKeyKey = "mailroom.encryption-key";
    private const int KeyBytes = 32;

    /// <summary>Reads every setting. Whether the result may be used is told by <see cref="SettingsTree.Errors"/>.</summary>
    public static MailroomSettings Bind(SettingsTree tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        var profile = BindProfile(tree);
        StoreSettings store;
        return new MailroomSettings(
            profile,
            tree.RequiredString("mailroom.data-dir", "the path of a directory"),
            tree.Duration("mailroom.shutdown-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            BindEncryptionKey(tree, profile),
            HttpSettings.Bind(tree),
            LogSettings.Bind(tree),
            store = StoreSettings.Bind(tree),
            RedisSettings.Bind(tree, profile),
            StreamSettings.Bind(tree),
            new SmtpBinder(tree, profile).Bind(),
            DeliverySettings.Bind(tree),
            RetentionSettings.Bind(tree),
            tree.RequiredString("mailroom.templates.dir", "the path of a directory"),
            KernelSettings.Bind(tree),
            ClusterSettings.Bind(tree, store.Kind),
            TelemetrySettings.Bind(tree));
    }

    internal static Profile BindProfile(SettingsTree tree) =>
        tree.Choice(ProfileKey, ("dev", Profile.Dev), ("production", Profile.Production));

    private static SecretKey? BindEncryptionKey(SettingsTree tree, Profile profile)
    {
        var fix = $"Set {tree.VariableOf(EncryptionKeyKey)} to what this prints: openssl rand -base64 {KeyBytes}";
        if (tree.Secret(EncryptionKeyKey) is not { } text)
        {
            if (profile == Profile.Production)
            {
                tree.Refuse(EncryptionKeyKey, "the production profile needs it", fix);
            }

            return null;
        }

        var bytes = new byte[KeyBytes + 1];
        if (Convert.TryFromBase64String(text.Reveal(), bytes, out var length) && length == KeyBytes)
        {
            return new SecretKey(bytes.AsMemory(0, KeyBytes));
        }

        tree.Refuse(EncryptionKeyKey, $"it is not the base64 of {KeyBytes} bytes", fix);
        return null;
    }
}
