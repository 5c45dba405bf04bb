using System.Text;
using System.Text.Json;
using Mailroom.Actors.Cluster;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;
using Mailroom.Actors.Tests.Deliveries;

namespace Mailroom.Actors.Tests.Cluster;

public sealed class PeerCodecTests
{
    private static readonly DeliveryId Id = new("em_1");
    private static readonly ClaimToken Token = new(3, 7);
    private static readonly Instant At = Mails.T0;

    public static TheoryData<string, object> Messages => new()
    {
        { "delivery", new CancelDelivery("ada") },
        { "delivery", new RescheduleDelivery(At) },
        { "delivery", new SettleUncertain(UncertainVerdict.SendAgain, "ada") },
        { "delivery", new DueReached(At) },
        { "delivery", new ClaimLapsed(Token, OwnerLost: true, RetryLadder.Default) },
        { "delivery", new ProviderReported(DeliveryStatus.Bounced, [new(0, RecipientStatus.Bounced, "no such user")], "bounce") },
        {
            "delivery", new AttemptFinished(Token, new AttemptReport
            {
                Status = AttemptStatus.ProviderRejected, Suppressed = true, ThrottledFor = TimeSpan.FromSeconds(1.5), SlowsOrgFor = TimeSpan.FromMinutes(1), Reason = "smtp_rejected",
                ReplyCode = 550, EnhancedCode = "5.1.1", Provider = "smtp", Summary = "no \"ü\"", RemoteHost = "mx.example.test", ProviderMessageId = "p1", Conversation = "> x",
                Duration = TimeSpan.FromMilliseconds(12), Recipients = [new(1, RecipientStatus.Failed, null)], Rendered = new("s", "t", "<p>h</p>", "en", false),
            }, new RetryLadder([TimeSpan.FromSeconds(5)]))
        },
        { "org", new CreateOrg(new("acme"), "Acme", null, UncertainPolicy.Hold, 9) },
        { "org", new ChangeOrg(null, new(null), new(UncertainPolicy.Fail)) },
        { "org", new ChangeOrg("Acme", null, null) },
        { "org", new PauseOutbound("ada", "incident") },
        { "org", new ResumeOutbound("ada") },
        { "org", new AskTerms(new("acme"), 3, TimeSpan.FromMilliseconds(3)) },
        { "org", new ProviderSlowed(TimeSpan.FromSeconds(5)) },
    };

    public static TheoryData<object> Answers =>
    [
        new Accepted(Id, DeliveryStatus.Queued, Attempting: false),
        new IdempotencyHit(Id, Same: true),
        new NotClaimed(DeliveryStatus.Sent),
        new Refused("in_flight", "It is being sent."),
        new SendingTerms(new("acme"), false, TimeSpan.FromMilliseconds(575), TimeSpan.Zero, TimeSpan.FromSeconds(1)) { Pause = TimeSpan.FromSeconds(2) },
        new SendingTerms(new("acme"), true, null, TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        Done.Instance,
        NotDone.Busy,
        NotDone.NotOwner,
        NotDone.Quarantined,
    ];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_comes_as_it_went(string kind, object message)
    {
        var came = PeerCodec.DecodeMessage(PeerCodec.Encode(new EntityMessage(kind, "x", message)));

        (came.Kind, came.Id).ShouldBe((kind, "x"));
        came.Message.ShouldBeOfType(message.GetType());
        JsonSerializer.Serialize(came.Message, message.GetType()).ShouldBe(JsonSerializer.Serialize(message, message.GetType()));
    }

    [Fact]
    public void Every_message_but_a_claim_can_go_to_another_node()
    {
        var tried = Messages.Select(row => row[1].GetType()).Append(typeof(AcceptDelivery)).Append(typeof(ClaimAttempt)).ToHashSet();

        typeof(DeliveryMessage).Assembly.GetTypes().Where(type => !type.IsAbstract && (type.IsSubclassOf(typeof(DeliveryMessage)) || type.IsSubclassOf(typeof(OrgMessage))))
            .ShouldAllBe(type => tried.Contains(type));
        Should.Throw<NotSupportedException>(() => PeerCodec.Encode(new EntityMessage("delivery", "x", new ClaimAttempt(new(Token, At)))));
    }

    [Fact]
    public void A_mail_to_be_accepted_goes_with_all_that_it_holds_but_without_a_claim()
    {
        var accept = Mails.Accept() with
        {
            Urgent = true, Parent = new("em_0"), TraceParent = "00-1-2-01", OnUncertain = UncertainPolicy.Hold, ScheduledAt = At, ExpiresAt = At,
            Idempotency = new("key", [1, 2, 3], At), Claim = new(Token, At),
        };

        var came = (AcceptDelivery)PeerCodec.DecodeMessage(PeerCodec.Encode(new EntityMessage("delivery", accept.Id.Value, accept))).Message;

        PayloadCodec.Encode(came.Request).ShouldBe(accept.Payload.ToArray());
        came.Payload.ToArray().ShouldBe(accept.Payload.ToArray());
        came.Claim.ShouldBeNull();
        (came with { Request = accept.Request, Payload = accept.Payload, Claim = accept.Claim, Idempotency = accept.Idempotency }).ShouldBe(accept);
        came.Idempotency.ShouldBeEquivalentTo(accept.Idempotency);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_comes_as_it_went(object answer) => PeerCodec.DecodeAnswer(PeerCodec.EncodeAnswer(answer)).ShouldBe(answer);

    [Fact]
    public void Notes_come_as_they_went_and_what_is_not_known_of_them_is_left_out()
    {
        PeerNote[] notes =
        [
            new WaitsForSlot(Id, new("acme"), At, Urgent: true), new TermsOutdated(new("acme")), LookAtCluster.Instance,
            new EntityNote(new("org", "acme", new ProviderSlowed(TimeSpan.FromSeconds(1)))),
        ];
        var bytes = PeerCodec.Encode(notes);
        PeerCodec.DecodeNotes(bytes).ShouldBe(notes);

        var newer = Encoding.UTF8.GetString(bytes).Replace("terms_outdated", "from_a_newer_node", StringComparison.Ordinal);
        PeerCodec.DecodeNotes(Encoding.UTF8.GetBytes(newer)).Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"kind":"delivery","id":"x"}""")]
    [InlineData("""{"kind":"delivery","id":"x","message":{"type":"claim_attempt","body":{}}}""")]
    [InlineData("""{"kind":"org","id":"x","message":{"type":"ask_terms","body":{"org":"no/id","holder":1,"took":0}}}""")]
    [InlineData("""{"kind":"delivery","id":"x","message":{"type":"accept_delivery","body":{"id":"a","org":"b","source":"api","payload":"AAAA"}}}""")]
    public void What_is_no_message_is_refused(string text) =>
        Should.Throw<JsonException>(() => PeerCodec.DecodeMessage(Encoding.UTF8.GetBytes(text)));
}
