namespace Mailroom.Providers.Templates;

/// <summary>What a rendering came to: <see cref="Rendered"/> or <see cref="Failed"/>, nothing else.</summary>
public abstract record RenderResult
{
    private RenderResult()
    {
    }

    public sealed record Rendered(RenderedContent Content) : RenderResult;

    public sealed record Failed(RenderFailure Failure) : RenderResult;
}

/// <summary>A mail's content made from a template.</summary>
/// <param name="Subject">One line, without CR, LF or other control characters but tab.</param>
/// <param name="Text">The plain text body.</param>
/// <param name="Html">The HTML body; absent where the template has none in this locale.</param>
/// <param name="Locale">The catalog's locale that was used.</param>
/// <param name="FallbackUsed">True where <paramref name="Locale"/> is not the locale that was asked for.</param>
public sealed record RenderedContent(string Subject, string Text, string? Html, string Locale, bool FallbackUsed);

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
