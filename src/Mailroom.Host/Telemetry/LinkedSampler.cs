using Mailroom.Host.Settings;
using OpenTelemetry.Trace;

namespace Mailroom.Host.Telemetry;

/// <summary>
/// Records every root span that links to a recorded one, so that a mail whose request was traced is traced to its end; for all others
/// the sampler decides that the settings name.
/// </summary>
internal sealed class LinkedSampler(Sampler otherwise) : Sampler
{
    public static LinkedSampler Of(SamplerSettings settings) => new(settings.Kind switch
    {
        SamplerKind.AlwaysOn => new AlwaysOnSampler(),
        SamplerKind.AlwaysOff => new AlwaysOffSampler(),
        SamplerKind.Ratio => new TraceIdRatioBasedSampler(settings.Ratio),
        SamplerKind.ParentOrAlwaysOn => new ParentBasedSampler(new AlwaysOnSampler()),
        SamplerKind.ParentOrAlwaysOff => new ParentBasedSampler(new AlwaysOffSampler()),
        SamplerKind.ParentOrRatio => new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.Ratio)),
        _ => throw new InvalidOperationException($"Not a sampler: {settings.Kind}."),
    });

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
    {
        if (samplingParameters.ParentContext.TraceId == default)
        {
            foreach (var link in samplingParameters.Links ?? [])
            {
                if (link.Context.TraceFlags.HasFlag(System.Diagnostics.ActivityTraceFlags.Recorded))
                {
                    return new(SamplingDecision.RecordAndSample);
                }
            }
        }

        return otherwise.ShouldSample(samplingParameters);
    }
}
