using Mailroom.Actors;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Emails;

/// <summary>Mail whose content logs somebody in is never shown again, to nobody: not its subject either.</summary>
internal static class SecretContent
{
    /// <summary>The template of login codes.</summary>
    public const string LoginCodeTemplate = "auth.login_code";

    /// <summary>The rendered content where it may be shown, else null.</summary>
    public static RenderedContent? Shown(StoredDelivery delivery) =>
        delivery.Request.Template?.Id == LoginCodeTemplate ? null : delivery.Rendered;
}
