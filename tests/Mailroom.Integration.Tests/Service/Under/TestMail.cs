namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>Mails as callers write them.</summary>
internal static class TestMail
{
    private const string SenderDomain = "example.com";

    public static object To(string recipient, string subject = "Your order") => To([recipient], subject);

    public static object To(string[] recipients, string subject = "Your order") => new
    {
        from = $"Shop <shop@{SenderDomain}>",
        to = recipients,
        subject,
        text = "Hello,\n\nyour order is on its way.\n",
    };

    /// <summary>The Message-ID that all attempts of a delivery carry.</summary>
    public static string MessageId(string deliveryId) => $"<{deliveryId}@{SenderDomain}>";
}
