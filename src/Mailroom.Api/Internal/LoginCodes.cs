using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Deliveries;
using Mailroom.Api.Emails;
using Mailroom.Api.Errors;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Mailroom.Mail.Mime;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal;

/// <summary>
/// <c>POST /api/v1/internal/login-code-deliveries</c> (D06): a code that somebody waits for at a login. 200 once it is durable (B36);
/// <c>sent</c> means that, and not that the next hop has it.
/// </summary>
internal sealed class LoginCodes(IIntake intake, IDeliveryStore deliveries, Mailbox sender, InternalBodies bodies)
{
    /// <summary>The intake that login codes are stored under (C36).</summary>
    public const string Source = "authsession";

    private const int MaxCodeLength = 64;

    private static readonly string[] Fields = ["email", "code", "locale"];

    public async Task HandleAsync(HttpContext context, CancellationToken reads)
    {
        var key = IdempotencyKey.Read(context) ?? throw new ProblemException(new Problem(
            ProblemKinds.InvalidIdempotencyKey, $"The header {IdempotencyKey.Header} is missing: send the login's challenge id."));
        var login = await bodies.ReadAsync(context, Fields, new Login(), Read, Check);
        var outcome = await OutcomeAsync(context, await intake.AcceptAsync(Mail(login, key, TraceParent.Of(context))), reads);
        await Reply.JsonAsync(context, StatusCodes.Status200OK, outcome, static (json, outcome) =>
        {
            json.WriteStartObject();
            json.WriteString("outcome", outcome);
            json.WriteEndObject();
        });
    }

    private NewDelivery Mail(Login login, string key, string? traceParent) => new()
    {
        Org = OrgId.Default,
        Source = Source,
        Urgent = true,
        TraceParent = traceParent,
        IdempotencyKey = key,

        // What was asked for and not what is made of it: another sender's address tomorrow is no other request.
        Fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes($"{login.Email}\n{login.Code}\n{login.Locale}")),
        Request = new DeliveryRequest
        {
            From = sender,
            To = [new Mailbox(login.Email!)],
            Template = new TemplateUse(SecretContent.LoginCodeTemplate, login.Locale, Variables(login.Code!)),
        },
    };

    private async Task<string> OutcomeAsync(HttpContext context, object answer, CancellationToken reads)
    {
        switch (answer)
        {
            case Accepted accepted:
                return Outcome(accepted.Status == DeliveryStatus.Suppressed);
            case IdempotencyHit { Same: true } hit:
                context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
                var first = await deliveries.FindAsync(null, hit.Existing, reads) ?? throw new ProblemException(new Problem(
                    ProblemKinds.Unavailable, "The first delivery under this key was just deleted for its age. Repeat the request.") { RetryAfter = 1 });

                // Only the intake suppresses without an attempt; a provider that refuses later does not change what was answered.
                return Outcome(first.State is { Status: DeliveryStatus.Suppressed, LastAttemptNo: 0 });
            default:
                throw new ProblemException(InternalProblems.Of(answer));
        }
    }

    private static string Outcome(bool isSuppressed) => isSuppressed ? "suppressed" : "sent";

    private static JsonElement Variables(string code) =>
        JsonElement.Parse(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["code"] = code }));

    private static void Read(ref JsonFields json, string name, Login login)
    {
        switch (name)
        {
            case "email":
                login.Email = ReadEmail(ref json, name);
                break;
            case "code":
                login.Code = InternalBodies.Words(ref json, name, MaxCodeLength);
                break;
            case "locale":
                login.Locale = LanguageTag.Read(ref json, name);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, "Not a field of a login code.");
        }
    }

    private static string? ReadEmail(ref JsonFields json, string name)
    {
        if (json.Line(name, MailboxAddress.MaxInputLength) is not { } text)
        {
            return null;
        }

        if (!MailboxAddress.TryParse(text, out var mailbox, out var error))
        {
            json.Faults.Add(name, error);
            return null;
        }

        if (mailbox.Name is null)
        {
            return mailbox.Address;
        }

        json.Faults.Add(name, "must be an address without a name");
        return null;
    }

    private static void Check(Login login, Faults faults)
    {
        Require(login.Email, "email");
        Require(login.Code, "code");
        Require(login.Locale, "locale");

        void Require(string? value, string name)
        {
            if (value is null && !faults.All.Any(fault => fault.Field == name))
            {
                faults.Add(name, "is missing");
            }
        }
    }

    private sealed class Login
    {
        public string? Email { get; set; }

        public string? Code { get; set; }

        public string? Locale { get; set; }
    }
}
