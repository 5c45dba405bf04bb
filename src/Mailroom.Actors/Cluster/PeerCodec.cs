using System.Text.Json;
using System.Text.Json.Serialization;
using Mailroom.Actors.Deliveries;
using Mailroom.Actors.Kernel;
using Mailroom.Actors.Orgs;

namespace Mailroom.Actors.Cluster;

/// <summary>
/// What nodes send each other, as UTF-8 JSON. The names are permanent, because nodes of two versions run side by side during an upgrade: members that are
/// not known are passed over, messages that are not known are refused. Claims do not travel, so <see cref="ClaimAttempt"/> has no name.
/// </summary>
public static class PeerCodec
{
    private static readonly Names Messages = new(
        ("accept_delivery", typeof(AcceptOnTheWay)),
        ("cancel_delivery", typeof(CancelDelivery)),
        ("reschedule_delivery", typeof(RescheduleDelivery)),
        ("settle_uncertain", typeof(SettleUncertain)),
        ("due_reached", typeof(DueReached)),
        ("attempt_finished", typeof(AttemptFinished)),
        ("claim_lapsed", typeof(ClaimLapsed)),
        ("provider_reported", typeof(ProviderReported)),
        ("create_org", typeof(CreateOrg)),
        ("change_org", typeof(ChangeOrg)),
        ("pause_outbound", typeof(PauseOutbound)),
        ("resume_outbound", typeof(ResumeOutbound)),
        ("ask_terms", typeof(AskTerms)),
        ("provider_slowed", typeof(ProviderSlowed)));

    private static readonly Names Answers = new(
        ("accepted", typeof(Accepted)),
        ("idempotency_hit", typeof(IdempotencyHit)),
        ("not_claimed", typeof(NotClaimed)),
        ("refused", typeof(Refused)),
        ("sending_terms", typeof(SendingTerms)),
        ("done", typeof(Nothing)),
        ("not_done", typeof(NotDoneBecause)));

    private static readonly Names Notes = new(
        ("entity", typeof(EntityOnTheWay)),
        ("waits_for_slot", typeof(WaitsForSlot)),
        ("terms_outdated", typeof(TermsOutdated)),
        ("look", typeof(Nothing)));

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        Converters =
        {
            new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower),
            new As<DeliveryId, string>(id => id.Value, text => DeliveryId.TryParse(text, out var id) ? id : throw new JsonException("It is no delivery's id.")),
            new As<OrgId, string>(id => id.Value, text => OrgId.TryParse(text, out var id) ? id : throw new JsonException("It is no org's id.")),
            new As<Instant, long>(at => at.UnixMilliseconds, number => new(number)),
            new As<TimeSpan, long>(span => span.Ticks, ticks => new(ticks)),
            new As<ClaimToken, long[]>(token => [token.Incarnation, token.Sequence], numbers => numbers is [var node, var sequence] ? new(node, sequence) : throw new JsonException("It is no claim's token.")),
        },
    };

    public static byte[] Encode(EntityMessage message) => JsonSerializer.SerializeToUtf8Bytes(OnTheWay(message), Json);

    /// <exception cref="JsonException">It is no message that this version knows.</exception>
    public static EntityMessage DecodeMessage(ReadOnlySpan<byte> bytes) => Message(Read<EntityOnTheWay>(bytes));

    public static byte[] EncodeAnswer(object answer) => JsonSerializer.SerializeToUtf8Bytes(
        Answers.Put(answer switch
        {
            Done => Nothing.Instance,
            NotDone why => new NotDoneBecause(why.Reason),
            _ => answer,
        }),
        Json);

    /// <exception cref="JsonException">It is no answer that this version knows.</exception>
    public static object DecodeAnswer(ReadOnlySpan<byte> bytes) => Answers.Take(Read<Named>(bytes)) switch
    {
        Nothing => Done.Instance,
        NotDoneBecause why => NotDone.Because(why.Reason),
        var answer => answer,
    };

    public static byte[] Encode(IReadOnlyList<PeerNote> notes) => JsonSerializer.SerializeToUtf8Bytes(
        notes.Select(note => Notes.Put(note switch
        {
            EntityNote entity => OnTheWay(entity.Message),
            LookAtCluster => Nothing.Instance,
            _ => note,
        })),
        Json);

    /// <summary>Notes that this version does not know are left out: whatever they are for, their loss costs time only.</summary>
    /// <exception cref="JsonException">It is no list of notes.</exception>
    public static IReadOnlyList<PeerNote> DecodeNotes(ReadOnlySpan<byte> bytes)
    {
        var notes = new List<PeerNote>();
        foreach (var named in Read<List<Named>>(bytes))
        {
            if (Notes.Knows(named.Type))
            {
                notes.Add(Notes.Take(named) switch
                {
                    EntityOnTheWay entity => new EntityNote(Message(entity)),
                    Nothing => LookAtCluster.Instance,
                    var note => (PeerNote)note,
                });
            }
        }

        return notes;
    }

    private static EntityOnTheWay OnTheWay(EntityMessage message) =>
        new(message.Kind, message.Id, Messages.Put(message.Message is AcceptDelivery accept ? AcceptOnTheWay.Of(accept) : message.Message));

    private static EntityMessage Message(EntityOnTheWay entity)
    {
        if (entity is not { Kind: not null, Id: not null, Message: not null })
        {
            throw new JsonException("It names no entity or holds no message.");
        }

        var message = Messages.Take(entity.Message);
        return new(entity.Kind, entity.Id, message is AcceptOnTheWay accept ? accept.ToCommand() : message);
    }

    private static T Read<T>(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize<T>(bytes, Json) ?? throw new JsonException("It is null.");

    /// <summary>Something with the name of its type.</summary>
    private sealed record Named(string Type, JsonElement Body);

    private sealed record EntityOnTheWay(string Kind, string Id, Named Message);

    private sealed record NotDoneBecause(string Reason);

    private sealed record Nothing
    {
        public static readonly Nothing Instance = new();
    }

    /// <summary>The command as it is stored: the request is what the payload holds.</summary>
    private sealed record AcceptOnTheWay(
        DeliveryId Id, OrgId Org, string Source, byte[] Payload, bool Urgent, DeliveryId? Parent, string? TraceParent, long AcceptToken, UncertainPolicy OnUncertain,
        Instant? ScheduledAt, Instant? ExpiresAt, IdempotencyReservation? Idempotency, string? SuppressedBecause)
    {
        public static AcceptOnTheWay Of(AcceptDelivery accept) => new(
            accept.Id, accept.Org, accept.Source, accept.Payload.ToArray(), accept.Urgent, accept.Parent, accept.TraceParent, accept.AcceptToken, accept.OnUncertain,
            accept.ScheduledAt, accept.ExpiresAt, accept.Idempotency, accept.SuppressedBecause);

        public AcceptDelivery ToCommand() => new()
        {
            Id = Id,
            Org = Org,
            Source = Source,
            Request = PayloadCodec.DecodeRequest(Payload),
            Payload = Payload,
            Urgent = Urgent,
            Parent = Parent,
            TraceParent = TraceParent,
            AcceptToken = AcceptToken,
            OnUncertain = OnUncertain,
            ScheduledAt = ScheduledAt,
            ExpiresAt = ExpiresAt,
            Idempotency = Idempotency,
            SuppressedBecause = SuppressedBecause,
        };
    }

    /// <summary>The permanent names of some types.</summary>
    private sealed class Names(params (string Name, Type Type)[] known)
    {
        private readonly Dictionary<string, Type> _types = known.ToDictionary(pair => pair.Name, pair => pair.Type);
        private readonly Dictionary<Type, string> _names = known.ToDictionary(pair => pair.Type, pair => pair.Name);

        public bool Knows(string name) => _types.ContainsKey(name);

        /// <exception cref="NotSupportedException">It does not travel.</exception>
        public Named Put(object value) => _names.TryGetValue(value.GetType(), out var name)
            ? new(name, JsonSerializer.SerializeToElement(value, value.GetType(), Json))
            : throw new NotSupportedException($"{value.GetType().Name} does not go from one node to another.");

        public object Take(Named named) => _types.TryGetValue(named.Type ?? "", out var type)
            ? named.Body.Deserialize(type, Json) ?? throw new JsonException("It is null.")
            : throw new JsonException($"This version does not know '{named.Type}'.");
    }

    private sealed class As<T, TPlain>(Func<T, TPlain> write, Func<TPlain, T> read) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            read(JsonSerializer.Deserialize<TPlain>(ref reader, options) ?? throw new JsonException("It is null."));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, write(value), options);
    }
}
