using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mailroom.Mail.Tests.Mime;

/// <summary>
/// Python's <c>email</c> package in one long-lived child process: it shares no code and no author with the composer, so what it reads is
/// what another system reads.
/// </summary>
public sealed class ReferenceParser : IDisposable
{
    private const string Script = """
        import base64, json, struct, sys
        from email import policy
        from email.header import decode_header, make_header
        from email.parser import BytesParser
        from email.utils import getaddresses

        # Names come from the older of the two readers: up to Python 3.12 the newer one keeps the blank between two encoded words of a name.
        def addresses(message, name):
            if message[name] is None or name == "To" and not message[name].addresses:
                return []
            raw = next(v for n, v in message.raw_items() if n == name).replace("\r\n", "")
            names = [str(make_header(decode_header(n))) for n, _ in getaddresses([raw])]
            found = [a.addr_spec for a in message[name].addresses]
            assert len(names) == len(found)
            return [{"name": n, "address": a} for n, a in zip(names, found)]

        def part(entity, defects):
            defects.extend(repr(d) for d in entity.defects)
            for name, value in entity.items():
                defects.extend(name + ": " + repr(d) for d in value.defects)
            children = [part(child, defects) for child in entity.iter_parts()] if entity.is_multipart() and entity.get_content_maintype() == "multipart" else []
            if entity.get_content_type() == "message/rfc822":
                children = [part(entity.get_content(), defects)]
            leaf = not children
            return {
                "type": entity.get_content_type(),
                "charset": entity.get_content_charset(),
                "encoding": entity.get("Content-Transfer-Encoding"),
                "disposition": entity.get_content_disposition(),
                "fileName": entity["Content-Disposition"].params.get("filename") if "Content-Disposition" in entity else None,
                "contentId": entity.get("Content-ID"),
                "relatedType": entity.get_param("type"),
                "content": base64.b64encode(entity.get_payload(decode=True)).decode() if leaf else None,
                "parts": children,
            }

        def read(octets):
            message = BytesParser(policy=policy.default).parsebytes(octets)
            defects = []
            root = part(message, defects)
            return {
                "headers": [{"name": n, "value": str(v)} for n, v in message.items()],
                "from": addresses(message, "From"), "sender": addresses(message, "Sender"), "replyTo": addresses(message, "Reply-To"),
                "to": addresses(message, "To"), "cc": addresses(message, "Cc"),
                "date": message["Date"].datetime.isoformat(),
                "root": root, "defects": defects,
            }

        source, target = sys.stdin.buffer, sys.stdout.buffer
        while True:
            head = source.read(4)
            if len(head) < 4:
                break
            octets = source.read(struct.unpack(">I", head)[0])
            try:
                answer = read(octets)
            except Exception as e:
                answer = {"error": repr(e)}
            answer = json.dumps(answer).encode()
            target.write(struct.pack(">I", len(answer)) + answer)
            target.flush()
        """;

    private const int MaxAnswerOctets = 256 * 1024 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private readonly Process _python;
    private readonly Lock _turn = new();

    public ReferenceParser()
    {
        _python = Python.Start(Script, "read composed mail back with Python's email package");
    }

    public ReadMail Read(ReadOnlyMemory<byte> message)
    {
        lock (_turn)
        {
            using var watchdog = new Timer(_ => _python.Kill(), null, s_patience, Timeout.InfiniteTimeSpan);
            var head = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(head, message.Length);
            var input = _python.StandardInput.BaseStream;
            input.Write(head);
            input.Write(message.Span);
            input.Flush();
            var output = _python.StandardOutput.BaseStream;
            output.ReadExactly(head);
            var length = BinaryPrimitives.ReadInt32BigEndian(head);
            length.ShouldBeInRange(1, MaxAnswerOctets);
            var answer = new byte[length];
            output.ReadExactly(answer);
            var mail = JsonSerializer.Deserialize<ReadMail>(answer, s_json)!;
            mail.Error.ShouldBeNull();
            return mail;
        }
    }

    public void Dispose()
    {
        _python.StandardInput.Close();
        if (!_python.WaitForExit(s_patience))
        {
            _python.Kill();
        }

        _python.Dispose();
    }
}

public sealed record ReadMail
{
    public string? Error { get; init; }

    public IReadOnlyList<ReadHeader> Headers { get; init; } = [];

    public IReadOnlyList<ReadAddress> From { get; init; } = [];

    public IReadOnlyList<ReadAddress> Sender { get; init; } = [];

    public IReadOnlyList<ReadAddress> ReplyTo { get; init; } = [];

    public IReadOnlyList<ReadAddress> To { get; init; } = [];

    public IReadOnlyList<ReadAddress> Cc { get; init; } = [];

    public DateTimeOffset Date { get; init; }

    public ReadPart Root { get; init; } = new();

    public IReadOnlyList<string> Defects { get; init; } = [];

    public string? Header(string name) => Headers.SingleOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value;
}

public sealed record ReadHeader(string Name, string Value);

public sealed record ReadAddress(string Name, string Address);

public sealed record ReadPart
{
    public string Type { get; init; } = "";

    public string? Charset { get; init; }

    public string? Encoding { get; init; }

    public string? Disposition { get; init; }

    public string? FileName { get; init; }

    public string? ContentId { get; init; }

    public string? RelatedType { get; init; }

    public byte[]? Content { get; init; }

    public IReadOnlyList<ReadPart> Parts { get; init; } = [];

    /// <summary>The structure at a glance: <c>mixed(alternative(plain,html),png)</c>.</summary>
    public string Shape => Type.Split('/')[1] + (Parts.Count == 0 ? "" : $"({string.Join(',', Parts.Select(p => p.Shape))})");

    public string Text => System.Text.Encoding.UTF8.GetString(Content ?? throw new InvalidOperationException($"{Type} holds parts, not text"));
}
