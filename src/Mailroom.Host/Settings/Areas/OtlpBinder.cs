using System.Buffers;

namespace Mailroom.Host.Settings;

/// <summary>Reads how the collector is reached: what is set for one signal goes before what is set for both, as OpenTelemetry's OTLP exporter specification says.</summary>
internal sealed class OtlpBinder
{
    private const string Both = "mailroom.telemetry.otlp.";
    private const int LongestTimeout = 600_000;

    /// <summary>RFC 9110, section 5.6.2.</summary>
    private static readonly SearchValues<char> Token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly SettingsTree _tree;
    private readonly OtlpProtocol _protocol;
    private readonly Uri? _endpoint;
    private readonly Secret? _headers;
    private readonly int _timeout;

    public OtlpBinder(SettingsTree tree)
    {
        _tree = tree;
        _protocol = Protocol(Both + "protocol");
        _endpoint = Url(Both + "endpoint");
        _headers = Headers(Both + "headers");
        _timeout = tree.Int(Both + "timeout", 1, LongestTimeout);
    }

    /// <param name="signal">traces or metrics.</param>
    public CollectorSettings Bind(string signal)
    {
        var prefix = $"{Both}{signal}.";
        var protocol = IsSet(prefix + "protocol") ? Protocol(prefix + "protocol") : _protocol;
        var timeout = IsSet(prefix + "timeout") ? _tree.Int(prefix + "timeout", 1, LongestTimeout) : _timeout;
        return new CollectorSettings(
            protocol,
            Url(prefix + "endpoint") ?? Shared(protocol, signal),
            Headers(prefix + "headers") ?? _headers,
            TimeSpan.FromMilliseconds(timeout));
    }

    private bool IsSet(string key) => _tree.String(key).Length > 0;

    private OtlpProtocol Protocol(string key) => _tree.Choice(key, ("http/protobuf", OtlpProtocol.HttpProtobuf), ("grpc", OtlpProtocol.Grpc));

    /// <summary>The URL for both signals is a base by HTTP, to which the signal's path is added; gRPC has its path in the protocol.</summary>
    private Uri Shared(OtlpProtocol protocol, string signal) => protocol == OtlpProtocol.Grpc
        ? _endpoint ?? new Uri("http://localhost:4317")
        : new Uri($"{(_endpoint?.AbsoluteUri ?? "http://localhost:4318").TrimEnd('/')}/v1/{signal}");

    private Uri? Url(string key)
    {
        var text = _tree.String(key);
        if (text.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url is { UserInfo: "", Query: "", Fragment: "" })
        {
            return url;
        }

        _tree.Refuse(key, "it is no URL of a collector", $"Set {_tree.VariableOf(key)} to a URL such as http://collector:4318");
        return null;
    }

    private Secret? Headers(string key)
    {
        var headers = _tree.Secret(key);
        if (headers is not null && !headers.Reveal().Split(',').All(IsPair))
        {
            _tree.Refuse(key, "it does not consist of name=value pairs", $"Set {_tree.VariableOf(key)} to pairs such as authorization=Bearer%20abc, separated by commas");
            return null;
        }

        return headers;
    }

    private static bool IsPair(string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && !pair.AsSpan(0, equals).Trim().ContainsAnyExcept(Token) && !pair.AsSpan(0, equals).Trim().IsEmpty;
    }
}
