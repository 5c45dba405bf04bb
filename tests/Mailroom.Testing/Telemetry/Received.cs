namespace Mailroom.Testing;

/// <summary>A span as a collector received it. Ids are in hexadecimal; a root has an empty parent.</summary>
/// <param name="Kind">2 server, 3 client, 5 consumer (trace.proto, SpanKind).</param>
/// <param name="Links">The ids of the traces and spans that it links to.</param>
/// <param name="Status">0 unset, 1 ok, 2 error (trace.proto, StatusCode).</param>
public sealed record ReceivedSpan(
    string Service, string Scope, string Name, int Kind, string TraceId, string SpanId, string ParentSpanId,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<(string TraceId, string SpanId)> Links, int Status);

/// <summary>A series of a metric as a collector received it.</summary>
/// <param name="Kind">gauge, sum or histogram.</param>
/// <param name="Value">Of a histogram the number of its measurements.</param>
/// <param name="Sum">Of a histogram only.</param>
public sealed record ReceivedPoint(
    string Service, string Scope, string Name, string Kind, string Unit, bool IsMonotonic, IReadOnlyDictionary<string, string> Attributes, double Value, double Sum);

/// <summary>One export request as it arrived.</summary>
/// <param name="Protocol">grpc or http/protobuf.</param>
public sealed record ReceivedExport(string Protocol, string Path, IReadOnlyDictionary<string, string> Headers);
