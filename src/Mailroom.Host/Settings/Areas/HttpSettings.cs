namespace Mailroom.Host.Settings;

/// <param name="MaxBody">Largest request body, in bytes.</param>
/// <param name="Drain">Time that a process which stops goes on taking requests, asking its callers to go elsewhere.</param>
/// <param name="Public">The listener for callers.</param>
/// <param name="Internal">The listener for operators and neighbours.</param>
public sealed record HttpSettings(long MaxBody, TimeSpan Drain, PublicHttpSettings Public, InternalHttpSettings Internal)
{
    internal static HttpSettings Bind(SettingsTree tree)
    {
        var settings = new HttpSettings(
            tree.Size("mailroom.http.max-body", 1 << 10, 1 << 30),
            tree.Duration("mailroom.http.drain", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            PublicHttpSettings.Bind(tree),
            InternalHttpSettings.Bind(tree));
        if (tree.AreSound("mailroom.http.public.addr", "mailroom.http.internal.addr")
            && settings.Public.Address.Overlaps(settings.Internal.Address))
        {
            tree.Refuse(
                "mailroom.http.internal.addr",
                $"the public listener has the same address ({settings.Public.Address})",
                $"Give {tree.VariableOf("mailroom.http.internal.addr")} or {tree.VariableOf("mailroom.http.public.addr")} another port");
        }

        return settings;
    }
}

/// <param name="Address">Where it listens.</param>
/// <param name="Url">The URL that callers use, without a slash at the end; null to derive it from the address.</param>
public sealed record PublicHttpSettings(ListenAddress Address, Uri? Url)
{
    internal static PublicHttpSettings Bind(SettingsTree tree) =>
        new(tree.ListenAddress("mailroom.http.public.addr"), tree.Url("mailroom.http.public.url"));
}

/// <param name="Address">Where it listens.</param>
/// <param name="ReadHeaderTimeout">Time for a request's headers to arrive.</param>
/// <param name="ReadTimeout">Time for a whole request to arrive.</param>
/// <param name="IdleTimeout">Time that a connection may stay open between requests.</param>
/// <param name="OperatorTimeout">Time that the store gets to answer one request.</param>
/// <param name="Token">The bearer token that callers show; null where none is asked for.</param>
public sealed record InternalHttpSettings(
    ListenAddress Address,
    TimeSpan ReadHeaderTimeout,
    TimeSpan ReadTimeout,
    TimeSpan IdleTimeout,
    TimeSpan OperatorTimeout,
    Secret? Token)
{
    internal static InternalHttpSettings Bind(SettingsTree tree)
    {
        var least = TimeSpan.FromMilliseconds(10);
        var settings = new InternalHttpSettings(
            tree.ListenAddress("mailroom.http.internal.addr"),
            tree.Duration("mailroom.http.internal.read-header-timeout", least, TimeSpan.FromHours(1)),
            tree.Duration("mailroom.http.internal.read-timeout", least, TimeSpan.FromHours(1)),
            tree.Duration("mailroom.http.internal.idle-timeout", least, TimeSpan.FromHours(24)),
            tree.Duration("mailroom.http.internal.operator-timeout", least, TimeSpan.FromMinutes(10)),
            tree.Secret("mailroom.http.internal.token"));
        settings.Check(tree);
        return settings;
    }

    private void Check(SettingsTree tree)
    {
        if (tree.AreSound("mailroom.http.internal.read-header-timeout", "mailroom.http.internal.read-timeout")
            && ReadHeaderTimeout > ReadTimeout)
        {
            tree.Refuse(
                "mailroom.http.internal.read-header-timeout",
                "headers would get more time than the whole request",
                "Set it to at most mailroom.http.internal.read-timeout");
        }

        if (tree.AreSound("mailroom.http.internal.addr", "mailroom.http.internal.token") && !Address.IsLoopback && Token is null)
        {
            tree.Warn(
                "mailroom.http.internal.addr",
                "whoever reaches the internal listener may use it without a token",
                $"Set {tree.VariableOf("mailroom.http.internal.token")}, or make sure that only trusted networks reach it");
        }
    }
}
