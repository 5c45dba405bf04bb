using System.Text.Json;
using Mailroom.Testing;

namespace Mailroom.Integration.Tests.Service.Under;

/// <summary>A mail as Python's <c>email</c> package reads it, which shares nothing with what wrote it.</summary>
internal sealed record ReadMail(
    IReadOnlyDictionary<string, string> Headers, string? Text, string? Html, IReadOnlyDictionary<string, string> Attachments, IReadOnlyList<string> Defects)
{
    private const string Script = """
        import json, sys
        from email import policy
        from email.parser import BytesParser
        with open(sys.argv[1], "rb") as file:
            message = BytesParser(policy=policy.default).parse(file)
        def body(kind):
            part = message.get_body((kind,))
            return None if part is None else part.get_content()
        print(json.dumps({
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "text": body("plain"), "html": body("html"),
            "attachments": {part.get_filename(): part.get_payload(decode=True).hex() for part in message.iter_attachments()},
            "defects": [repr(defect) for part in message.walk() for defect in part.defects],
        }))
        """;

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web);

    /// <summary>Header names are in lower case; of a repeated one the last counts. Attachments are in hexadecimal.</summary>
    public static async Task<ReadMail> From(byte[] octets)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "mail");
        await File.WriteAllBytesAsync(file, octets);
        var (code, output) = await ChildProcess.Run(Executable.Find("python3"), ["-c", Script, file]);
        code.ShouldBe(0, output);
        return JsonSerializer.Deserialize<ReadMail>(output, Form)!;
    }
}
