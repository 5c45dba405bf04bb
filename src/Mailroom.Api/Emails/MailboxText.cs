using System.Buffers;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Api.Emails;

/// <summary>A mailbox as people write it: <c>a@b.c</c>, <c>Name &lt;a@b.c&gt;</c>, <c>"Name, Inc." &lt;a@b.c&gt;</c> (RFC 5322 3.4).</summary>
internal static class MailboxText
{
    private static readonly SearchValues<char> Specials = SearchValues.Create("()<>[]:;@\\,.\"");

    public static string Of(Mailbox mailbox)
    {
        if (mailbox.Name is not { } name)
        {
            return mailbox.Address;
        }

        return name.AsSpan().ContainsAny(Specials)
            ? $"\"{name.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\" <{mailbox.Address}>"
            : $"{name} <{mailbox.Address}>";
    }
}
