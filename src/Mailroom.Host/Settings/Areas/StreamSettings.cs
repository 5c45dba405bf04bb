namespace Mailroom.Host.Settings;

/// <param name="Names">Keys of the streams of commands, at least one, the first being the one of <c>MAIL_REDIS_COMMAND_STREAM</c>.</param>
/// <param name="BlockTimeout">Longest time that one read waits for entries.</param>
public sealed record StreamSettings(IReadOnlyList<string> Names, TimeSpan BlockTimeout)
{
    internal static StreamSettings Bind(SettingsTree tree)
    {
        const string FurtherKey = "mailroom.stream.further-streams";
        string[] names =
        [
            tree.RequiredString("mailroom.stream.command-stream", "the key of a stream"),
            .. tree.StringList(FurtherKey, 64),
        ];
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Length)
        {
            tree.Refuse(FurtherKey, "it names a stream twice, or the one that is read anyhow", $"Name each further stream once in {tree.VariableOf(FurtherKey)}");
        }

        return new StreamSettings(names, tree.Duration("mailroom.stream.block-timeout", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)));
    }
}
