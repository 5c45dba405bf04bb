using Mailroom.Host.Running;
using Mailroom.Host.Settings;

namespace Mailroom.Host.Commands;

/// <summary>What the dev profile shows a newcomer: where to look, the key, and a line that works as it stands.</summary>
internal static class Banner
{
    public static void Print(MailroomSettings settings, MailroomProcess process)
    {
        if (process.DevelopmentKey is not { } key)
        {
            return;
        }

        var url = process.PublicUrl.ToString().TrimEnd('/');
        var version = typeof(Banner).Assembly.GetName().Version!.ToString(3);
        Console.WriteLine($$"""

            Mailroom {{version}} is ready: dev profile, data in {{Path.GetFullPath(settings.DataDirectory)}}

              mail      {{url}}/captured
              docs      {{url}}/docs
              key       {{key}}

              try it    curl -s {{url}}/api/v1/emails -H 'Authorization: Bearer {{key}}' -H 'Content-Type: application/json' -d '{"from":"Mailroom <hello@example.com>","to":"you@example.com","subject":"It works","html":"<p>The first mail.</p>"}'

            """);
    }
}
