namespace Mailroom.Providers.Templates;

/// <summary>Carries a failure out of the engine's compiled code; it never leaves this folder.</summary>
internal sealed class TemplateFault(RenderFailureCode code, string message, string? variable = null) : Exception(message)
{
    public RenderFailureCode Code { get; } = code;

    public string? Variable { get; } = variable;

    public static TemplateFault UnknownVariable(string path) =>
        new(RenderFailureCode.UnknownVariable, $"unknown variable '{path}': give it, or take it out of the template", path);

    public static TemplateFault RenderFailed(string message) => new(RenderFailureCode.RenderFailed, message);

    public static TemplateFault TooLarge(int limit) =>
        new(RenderFailureCode.OutputTooLarge, $"the result is longer than {limit} characters: give it less to print");
}
