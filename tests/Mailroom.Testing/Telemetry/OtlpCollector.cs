using System.Buffers.Binary;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Mailroom.Testing;

/// <summary>
/// A collector of OpenTelemetry's own protocol on this machine: HTTP with protobuf on one port, gRPC over HTTP/2 without TLS on another.
/// It keeps what it receives and tells of it.
/// </summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private const string TracesPath = "/v1/traces";
    private const string MetricsPath = "/v1/metrics";
    private const string TracesMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const string MetricsMethod = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    private const string GrpcType = "application/grpc";
    private const int GrpcPrefix = 5;

    /// <summary>The prefix of an empty message that is not compressed.</summary>
    private static readonly byte[] EmptyGrpcMessage = new byte[GrpcPrefix];

    private readonly Lock _gate = new();
    private readonly List<ReceivedSpan> _spans = [];
    private readonly List<ReceivedPoint> _points = [];
    private readonly List<ReceivedExport> _exports = [];
    private readonly List<(Func<bool> IsThere, TaskCompletionSource There)> _waiters = [];
    private readonly WebApplication _app;
    private volatile bool _refuses;
    private volatile TaskCompletionSource? _hanging;

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>Where it speaks http/protobuf.</summary>
    public string Http { get; private set; } = "";

    /// <summary>Where it speaks gRPC.</summary>
    public string Grpc { get; private set; } = "";

    /// <summary>Every span, in the order of arrival.</summary>
    public IReadOnlyList<ReceivedSpan> Spans => Copy(_spans);

    /// <summary>Every point of every export, in the order of arrival.</summary>
    public IReadOnlyList<ReceivedPoint> Points => Copy(_points);

    public IReadOnlyList<ReceivedExport> Exports => Copy(_exports);

    public static async Task<OtlpCollector> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost(TracesPath, collector.OverHttp);
        app.MapPost(MetricsPath, collector.OverHttp);
        app.MapPost(TracesMethod, collector.OverGrpc);
        app.MapPost(MetricsMethod, collector.OverGrpc);
        await app.StartAsync().ConfigureAwait(false);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        (collector.Http, collector.Grpc) = (addresses[0], addresses[1]);
        return collector;
    }

    /// <summary>From now on every export is answered with an error, or no longer.</summary>
    public void Refuse(bool refuses) => _refuses = refuses;

    /// <summary>From now on no export is answered before the end of this collector.</summary>
    public void Hang() => _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first span that fits, whether it has arrived or comes later.</summary>
    public async Task<ReceivedSpan> Span(Func<ReceivedSpan, bool> wanted, string what)
    {
        await Until(() => _spans.Exists(span => wanted(span)), what).ConfigureAwait(false);
        return Spans.First(wanted);
    }

    /// <summary>Waits until the newest point of a series has the value.</summary>
    /// <param name="tag">One attribute of the series, as name=value; null for a series without any.</param>
    public Task Value(string metric, string? tag, double value) => Value(metric, tag, now => now == value, value.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc cref="Value(string, string, double)"/>
    public Task Value(string metric, string? tag, Func<double, bool> wanted, string what) =>
        Until(() => Newest(metric, tag) is { } point && wanted(point.Value), $"{metric}{{{tag}}} to be {what}");

    /// <summary>The newest point of a series, or null.</summary>
    public ReceivedPoint? Newest(string metric, string? tag)
    {
        lock (_gate)
        {
            return _points.FindLast(point => point.Name == metric && IsOf(point, tag));
        }
    }

    /// <summary>Waits for an export that fits.</summary>
    public Task Export(Func<ReceivedExport, bool> wanted, string what) => Until(() => _exports.Exists(export => wanted(export)), what);

    public async ValueTask DisposeAsync()
    {
        _hanging?.TrySetResult();
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsOf(ReceivedPoint point, string? tag) => tag is null
        ? point.Attributes.Count == 0
        : point.Attributes.Any(attribute => $"{attribute.Key}={attribute.Value}" == tag);

    private async Task Until(Func<bool> isThere, string what)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (isThere())
            {
                return;
            }

            _waiters.Add((isThere, there));
        }

        await Deadline.In().Wait(there.Task, what, Tail).ConfigureAwait(false);
    }

    private string Tail() =>
        $"exports: {Exports.Count}\n{string.Join('\n', Spans.TakeLast(20).Select(span => $"span {span.Name} {string.Join(' ', span.Attributes)}"))}\n"
        + string.Join('\n', Points.TakeLast(40).Select(point => $"point {point.Name} {string.Join(' ', point.Attributes)} {point.Value.ToString(CultureInfo.InvariantCulture)}"));

    private IReadOnlyList<T> Copy<T>(List<T> list)
    {
        lock (_gate)
        {
            return [.. list];
        }
    }

    private async Task OverHttp(HttpContext context)
    {
        var body = await Body(context).ConfigureAwait(false);
        Note("http/protobuf", context);
        await HangWhereAsked(context).ConfigureAwait(false);
        if (_refuses)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.ContentType = "application/x-protobuf";
        Take(context.Request.Path == TracesPath, body);
    }

    private async Task OverGrpc(HttpContext context)
    {
        var body = await Body(context).ConfigureAwait(false);
        Note("grpc", context);
        await HangWhereAsked(context).ConfigureAwait(false);
        context.Response.ContentType = GrpcType;
        if (_refuses)
        {
            context.Response.AppendTrailer("grpc-status", "14");
            return;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1));
        Take(context.Request.Path == TracesMethod, body.AsSpan(GrpcPrefix, length).ToArray());
        await context.Response.BodyWriter.WriteAsync(EmptyGrpcMessage).ConfigureAwait(false);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private async Task HangWhereAsked(HttpContext context)
    {
        if (_hanging is { } hanging)
        {
            await hanging.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note(string protocol, HttpContext context)
    {
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        lock (_gate)
        {
            _exports.Add(new(protocol, context.Request.Path, headers));
            Tell();
        }
    }

    private void Take(bool isTraces, byte[] request)
    {
        lock (_gate)
        {
            if (isTraces)
            {
                _spans.AddRange(OtlpDecoder.Spans(request));
            }
            else
            {
                _points.AddRange(OtlpDecoder.Points(request));
            }

            Tell();
        }
    }

    private void Tell() => _waiters.RemoveAll(waiter => waiter.IsThere() && waiter.There.TrySetResult());

    private static async Task<byte[]> Body(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        return body.ToArray();
    }
}
