using Mailroom.Actors.Deliveries;
using System.Text.Json;
using HandlebarsDotNet;
using HandlebarsDotNet.Compiler;

namespace Mailroom.Providers.Templates;

/// <summary>One mail's rendering: the variables read once, then each part in turn into the same buffer.</summary>
internal static class Rendering
{
    public static TemplateOutcome Run(LocalizedTemplate template, bool fallbackUsed, JsonElement variables)
    {
        var part = template.Subject;
        try
        {
            using var writer = new BoundedWriter();
            var nodes = TemplateVariables.From(variables, new LoopBudget());

            part.Render(nodes, writer, TemplateLimits.SubjectLength);
            var subject = OneLine(writer.Written);

            part = template.Text;
            part.Render(nodes, writer, TemplateLimits.BodyLength);
            var text = writer.Written.ToString();

            string? html = null;
            if (template.Html is not null)
            {
                part = template.Html;
                part.Render(nodes, writer, TemplateLimits.BodyLength);
                html = writer.Written.ToString();
            }

            return new TemplateOutcome.Rendered(new RenderedContent(subject, text, html, template.Locale, fallbackUsed));
        }
        catch (TemplateFault fault)
        {
            return Failed(fault.Code, part, fault.Message, fault.Variable);
        }
        catch (HandlebarsUndefinedBindingException undefined)
        {
            return Failed(
                RenderFailureCode.UnknownVariable,
                part,
                $"unknown variable '{undefined.Path}': give it, or take it out of the template",
                undefined.Path);
        }
        catch (HandlebarsException error) when (error.GetBaseException() is TemplateFault fault)
        {
            return Failed(fault.Code, part, fault.Message, fault.Variable);
        }
        catch (HandlebarsException error)
        {
            return Failed(RenderFailureCode.RenderFailed, part, $"the engine stopped: {error.GetType().Name}", null);
        }
    }

    // A line break here would start a header of the caller's own (RFC 5322 section 2.2).
    private static string OneLine(ReadOnlySpan<char> subject)
    {
        foreach (var c in subject)
        {
            if (c is '\u2028' or '\u2029' || (char.IsControl(c) && c != '\t'))
            {
                throw TemplateFault.RenderFailed($"the subject holds U+{(int)c:X4}: it must be one line without control characters");
            }
        }

        return subject.ToString();
    }

    private static TemplateOutcome.Failed Failed(RenderFailureCode code, CompiledPart part, string cause, string? variable) =>
        new(new RenderFailure(code, $"{part.File}: {cause}", variable));
}
