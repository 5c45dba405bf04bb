using System.Text.Json;
using Mailroom.Actors.Deliveries;

namespace Mailroom.Actors.Kit;

/// <summary>A catalog that renders every template as the test says.</summary>
public sealed class ScriptedTemplates : ITemplates
{
    private int _renders;

    public Func<string, RenderResult> Result { get; set; } = static id => new(new RenderedContent("Subject of " + id, "Text of " + id, null, "en", false), null, null);

    /// <summary>How often something was rendered.</summary>
    public int Renders => Volatile.Read(ref _renders);

    public bool Knows(string templateId) => true;

    public RenderResult Render(string templateId, string? locale, JsonElement variables)
    {
        Interlocked.Increment(ref _renders);
        return Result(templateId);
    }
}
