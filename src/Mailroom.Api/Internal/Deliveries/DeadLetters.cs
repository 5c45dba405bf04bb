using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Operators;
using Mailroom.Api.Emails;
using Mailroom.Api.Http;
using Mailroom.Api.Internal.Requests;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Internal.Deliveries;

/// <summary>The dead letters, newest first.</summary>
internal sealed class DeadLetters(IOperatorReads operators)
{
    public async Task ListAsync(HttpContext context, CancellationToken reads)
    {
        var query = new QueryFilters(context);
        var filter = new DeadLetterFilter
        {
            Org = query.Org("org"),
            Source = query.Text("source", 64),
            FailureClassification = query.Text("failure_classification", 64),
            Since = query.Time("since"),
            Until = query.Time("until"),
            NotRepeated = query.Flag("not_repeated"),
        };
        var after = query.Cursor<DeliveryCursor>(PageCursor.TryPlace);
        var limit = query.Limit();
        query.End();

        var found = await operators.DeadLettersAsync(filter, after, limit + 1, reads);
        var page = Page<DeadLetterRow>.Of(found, limit, last => PageCursor.Of(last.CreatedAt, last.Delivery.Value));
        await Reply.JsonAsync(context, StatusCodes.Status200OK, page, static (json, page) => page.Write(json, Write));
    }

    private static void Write(Utf8JsonWriter json, DeadLetterRow dead)
    {
        json.WriteStartObject();
        json.WriteString("delivery_id", dead.Delivery.Value);
        json.WriteString("org_id", dead.Org.Value);
        json.WriteString("source", dead.Source);
        json.WriteNumber("final_attempt_no", dead.FinalAttemptNo);
        json.WriteString("failure_classification", dead.FailureClassification);
        EmailJson.WriteOptional(json, "provider_summary", dead.ProviderSummary);
        json.WriteString("created_at", dead.CreatedAt.ToString());
        json.WriteString("recovery_hint", dead.RecoveryHint);
        json.WriteEndObject();
    }
}
