using Mailroom.Actors.Deliveries;

namespace Mailroom.Providers.Templates;

/// <summary>What a rendering came to: <see cref="Rendered"/> or <see cref="Failed"/>, nothing else.</summary>
public abstract record TemplateOutcome
{
    private TemplateOutcome()
    {
    }

    public sealed record Rendered(RenderedContent Content) : TemplateOutcome;

    public sealed record Failed(RenderFailure Failure) : TemplateOutcome;
}

/// <summary>Why there is no content. Neither text ever holds a variable's value.</summary>
/// <param name="Code">The class of the failure.</param>
/// <param name="Message">The file, the cause and the fix, in one line.</param>
/// <param name="Variable">The path of the unknown variable; only with <see cref="RenderFailureCode.UnknownVariable"/>.</param>
public sealed record RenderFailure(RenderFailureCode Code, string Message, string? Variable = null);

public enum RenderFailureCode
{
    /// <summary>The catalog has no template of this id.</summary>
    UnknownTemplate,

    /// <summary>The template names a variable that was not given. JSON null counts as given.</summary>
    UnknownVariable,

    /// <summary>The variables do not fit the template or the bounds, or the subject is not one line.</summary>
    RenderFailed,

    /// <summary>The result is longer than <see cref="TemplateLimits"/> allows.</summary>
    OutputTooLarge,
}

public static class RenderFailureCodes
{
    /// <summary>The permanent name under which the code is stored, logged and answered.</summary>
    public static string Name(this RenderFailureCode code) => code switch
    {
        RenderFailureCode.UnknownTemplate => "unknown_template",
        RenderFailureCode.UnknownVariable => "unknown_variable",
        RenderFailureCode.RenderFailed => "render_failed",
        RenderFailureCode.OutputTooLarge => "output_too_large",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "Not a render failure code."),
    };
}
