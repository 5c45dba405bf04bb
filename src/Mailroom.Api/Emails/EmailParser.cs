using System.Text.Json;
using Mailroom.Actors;
using Mailroom.Actors.Kernel;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>Reads and checks mails out of JSON. Everything that a request can get wrong about a mail is found here.</summary>
internal sealed class EmailParser(ITemplates templates, EmailLimits limits, TimeProvider clock)
{
    /// <summary>One mail.</summary>
    /// <exception cref="ProblemException">Something is wrong; nothing was stored.</exception>
    public ParsedEmail One(ReadOnlySpan<byte> body)
    {
        var faults = new Faults();
        var json = JsonBody.Open(body, faults);
        try
        {
            json.Next();
            var email = ReadItem(ref json, "");
            json.End();
            return email ?? throw new ProblemException(faults.ToProblem());
        }
        catch (JsonException error)
        {
            throw JsonBody.NotJson(error);
        }
    }

    /// <summary>1 to <see cref="EmailLimits.Batch"/> mails, each by its position with what is wrong with it where there is something.</summary>
    /// <exception cref="ProblemException">The body as a whole is wrong; nothing was stored.</exception>
    public IReadOnlyList<BatchItem> Batch(ReadOnlySpan<byte> body)
    {
        var whole = new Faults();
        var json = JsonBody.Open(body, whole);
        var items = new List<BatchItem>();
        try
        {
            json.Next();
            if (json.Token != JsonTokenType.StartArray)
            {
                json.Wrong("", "an array of emails");
                throw new ProblemException(whole.ToProblem());
            }

            while (json.NextItem())
            {
                if (items.Count == EmailLimits.Batch)
                {
                    whole.Add("", $"must hold at most {EmailLimits.Batch} emails");
                    throw new ProblemException(whole.ToProblem());
                }

                items.Add(ReadBatchItem(ref json, items.Count));
            }

            json.End();
        }
        catch (JsonException error)
        {
            throw JsonBody.NotJson(error);
        }

        if (items.Count == 0)
        {
            whole.Add("", "must hold at least one email");
            throw new ProblemException(whole.ToProblem());
        }

        return items;
    }

    /// <summary>The new time out of the body of a reschedule.</summary>
    /// <exception cref="ProblemException">Something is wrong.</exception>
    public Instant NewTime(ReadOnlySpan<byte> body)
    {
        var faults = new Faults();
        var json = JsonBody.Open(body, faults);
        SendTime? time = null;
        try
        {
            json.Next();
            if (json.Token != JsonTokenType.StartObject)
            {
                json.Wrong("", "an object");
            }
            else
            {
                time = ReadNewTime(ref json);
            }

            json.End();
        }
        catch (JsonException error)
        {
            throw JsonBody.NotJson(error);
        }

        if (!faults.Any && time is null)
        {
            faults.Add("scheduled_at", "is missing", ProblemKinds.MissingRequiredField);
        }

        if (!faults.Any && time!.Value.At < clock.Now())
        {
            faults.Add("scheduled_at", "must not be in the past");
        }

        return faults.Any ? throw new ProblemException(faults.ToProblem()) : time!.Value.At;
    }

    private BatchItem ReadBatchItem(ref JsonFields json, int index)
    {
        // Faults belong to their item, so each is read with a list of its own over the same text.
        var faults = new Faults();
        var item = json.With(faults);
        var email = ReadItem(ref item, $"[{index}].");
        json.GoOnFrom(in item);
        return new BatchItem(email, faults);
    }

    private ParsedEmail? ReadItem(ref JsonFields json, string prefix)
    {
        if (json.Token != JsonTokenType.StartObject)
        {
            json.Wrong(prefix.TrimEnd('.'), "an object");
            return null;
        }

        return new EmailDraft(prefix, templates, limits, clock.GetUtcNow()).Read(ref json);
    }

    private SendTime? ReadNewTime(ref JsonFields json)
    {
        SendTime? time = null;
        var seen = false;
        while (json.NextName())
        {
            if (!json.NameIs("scheduled_at"u8))
            {
                json.Faults.Add(JsonFields.Shown(json.Name()), "is not a known field");
                json.Next();
                json.Skip();
                continue;
            }

            if (seen)
            {
                json.Faults.Add("scheduled_at", "is given twice");
            }

            seen = true;
            json.Next();
            if (json.Line("scheduled_at", 64) is { } text)
            {
                if (SendTime.TryParse(text, clock.GetUtcNow(), out var parsed, out var error))
                {
                    time = parsed;
                }
                else
                {
                    json.Faults.Add("scheduled_at", error);
                }
            }
        }

        return time;
    }
}

/// <summary>One mail of a batch: the mail, or what is wrong with it.</summary>
internal sealed record BatchItem(ParsedEmail? Email, Faults Faults);
