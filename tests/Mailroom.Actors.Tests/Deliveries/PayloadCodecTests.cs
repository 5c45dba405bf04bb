using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Actors.Tests.Deliveries;

public sealed class PayloadCodecTests
{
    /// <summary>Any text that UTF-8 can carry: no half of a surrogate pair.</summary>
    private static Gen<string> Text => ArbMap.Default.GeneratorFor<string?>().Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? "")))
        .Or(Gen.Elements("", "Grüße aus Köln", "日本語の件名", "\U0001F4EC mail", "a\r\nBcc: x@example.org", "</script>", "{{not_a_variable}}", "\0\u0001"));

    private static Gen<Mailbox> Box =>
        from address in Text
        from name in Gen.OneOf(Text.Select(text => (string?)text), Gen.Constant<string?>(null))
        select new Mailbox(address, name);

    private static Gen<MailAttachment> Attachment =>
        from name in Text
        from type in Gen.Elements<string?>(null, "text/plain", "image/png")
        from id in Gen.Elements<string?>(null, "logo")
        from bytes in ArbMap.Default.GeneratorFor<byte[]?>()
        select new MailAttachment(name, type, id, bytes ?? []);

    private static Gen<TemplateUse?> Template =>
        from text in Text
        from number in ArbMap.Default.GeneratorFor<int>()
        from some in ArbMap.Default.GeneratorFor<bool>()
        select some ? new TemplateUse("auth.login_code", "fr-FR", JsonSerializer.SerializeToElement(new { text, number, list = new object[] { 1, text, new { } } })) : null;

    private static Gen<DeliveryRequest> Request =>
        from sender in Box
        from to in Gen.ListOf(Box)
        from cc in Gen.ListOf(Box)
        from subject in Gen.OneOf(Text.Select(text => (string?)text), Gen.Constant<string?>(null))
        from html in Gen.OneOf(Text.Select(text => (string?)text), Gen.Constant<string?>(null))
        from template in Template
        from value in Text
        from attachments in Gen.ListOf(Attachment)
        select new DeliveryRequest
        {
            From = sender,
            To = [.. to],
            Cc = [.. cc],
            Bcc = [.. cc.Take(1)],
            ReplyTo = [.. to.Take(1)],
            Subject = subject,
            Text = subject,
            Html = html,
            Template = template,
            Headers = [new("X-Order", value)],
            Tags = [new("kind", value)],
            Attachments = [.. attachments],
        };

    [Fact]
    public void A_request_reads_back_as_it_was_written() => Prop.ForAll(Arb.From(Request), request =>
    {
        var read = PayloadCodec.DecodeRequest(PayloadCodec.Encode(request));

        read.From.ShouldBe(request.From);
        read.To.ShouldBe(request.To);
        read.Cc.ShouldBe(request.Cc);
        read.Bcc.ShouldBe(request.Bcc);
        read.ReplyTo.ShouldBe(request.ReplyTo);
        (read.Subject, read.Text, read.Html).ShouldBe((request.Subject, request.Text, request.Html));
        read.Headers.ShouldBe(request.Headers);
        read.Tags.ShouldBe(request.Tags);
        (read.Template?.Id, read.Template?.Locale).ShouldBe((request.Template?.Id, request.Template?.Locale));
        (read.Template is not { } template || JsonElement.DeepEquals(template.Variables, request.Template!.Variables)).ShouldBeTrue();
        read.Attachments.Select(file => (file.FileName, file.ContentType, file.ContentId, Convert.ToHexString(file.Content.Span)))
            .ShouldBe(request.Attachments.Select(file => (file.FileName, file.ContentType, file.ContentId, Convert.ToHexString(file.Content.Span))));
        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_same_request_is_written_as_the_same_bytes() => Prop.ForAll(Arb.From(Request), request =>
        PayloadCodec.Encode(request).AsSpan().SequenceEqual(PayloadCodec.Encode(PayloadCodec.DecodeRequest(PayloadCodec.Encode(request))))).QuickCheckThrowOnFailure();

    [Fact]
    public void Rendered_content_reads_back_as_it_was_written()
    {
        var rendered = new RenderedContent("Grüße", "", "<b>\U0001F4EC</b>", "fr", true);

        PayloadCodec.DecodeRendered(PayloadCodec.Encode(rendered)).ShouldBe(rendered);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"from\":")]
    [InlineData("{\"from\":{\"address\":1}}")]
    public void What_is_not_a_request_is_named_as_such(string stored) =>
        Should.Throw<JsonException>(() => PayloadCodec.DecodeRequest(Encoding.UTF8.GetBytes(stored)));

    private static readonly DeliveryRequest Large = new()
    {
        From = new("a@example.org"), To = [new("b@example.org")], Subject = "Large", Text = new string('t', 9_000), Html = "<p>",
        Template = new("welcome", "en", JsonSerializer.SerializeToElement(new { name = "Ada" })),
        Attachments = [new("f.bin", "image/png", "logo", new byte[] { 0, 1, 0 }), new("empty", null, null, ReadOnlyMemory<byte>.Empty)],
    };

    [Fact]
    public void The_head_of_a_large_request_says_all_but_what_is_large()
    {
        var payload = PayloadCodec.Encode(Large);

        var head = PayloadCodec.DecodeRequest(payload.AsSpan(0, payload.AsSpan().IndexOf((byte)0)));

        (head.Subject, head.Text, head.Html, head.Template!.Id).ShouldBe(("Large", null, null, "welcome"));
        head.Template.Variables.ToString().ShouldBe("{}");
        head.Attachments.Select(file => (file.FileName, file.ContentType, file.ContentId, file.Content.Length))
            .ShouldBe([("f.bin", "image/png", "logo", 0), ("empty", (string?)null, (string?)null, 0)]);
        PayloadCodec.DecodeRequest(payload).Text.ShouldBe(Large.Text);
    }

    [Fact]
    public void A_small_request_is_one_json_text() =>
        PayloadCodec.Encode(Large with { Text = "small", Attachments = [] }).AsSpan().Contains((byte)0).ShouldBeFalse();

    [Fact]
    public void A_large_payload_that_was_cut_or_goes_on_is_named_as_such()
    {
        var payload = PayloadCodec.Encode(Large);
        var head = payload.AsSpan().IndexOf((byte)0);

        for (var length = head + 1; length < payload.Length; length++)
        {
            Should.Throw<JsonException>(() => PayloadCodec.DecodeRequest(payload.AsSpan(0, length)));
        }

        Should.Throw<JsonException>(() => PayloadCodec.DecodeRequest([.. payload, 0]));
    }

    [Fact]
    public void An_envelope_counts_to_then_cc_then_bcc()
    {
        var request = new DeliveryRequest { From = new("a@example.org"), To = [new("t@example.org")], Cc = [new("c@example.org")], Bcc = [new("b@example.org")] };

        Enumerable.Range(0, request.RecipientCount).Select(i => request.RecipientKind(i) + " " + request.Recipient(i).Address)
            .ShouldBe(["to t@example.org", "cc c@example.org", "bcc b@example.org"]);
    }
}
