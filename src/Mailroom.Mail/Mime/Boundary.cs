namespace Mailroom.Mail.Mime;

/// <summary>
/// The boundaries of one message, derived from its Message-ID so that a repeated attempt sends the same octets. They hold <c>=_</c>, which
/// occurs in no quoted-printable and no base64 text (RFC 2045 6.7), and text that has a line of that start is never sent unencoded.
/// </summary>
internal readonly struct Boundary
{
    /// <summary>How every delimiter line of ours begins.</summary>
    public const string LineStart = "--=_";

    public const byte Mixed = (byte)'m';
    public const byte Related = (byte)'r';
    public const byte Alternative = (byte)'a';

    private const int Length = 20;

    private readonly ulong _token;

    private static ReadOnlySpan<byte> Kinds => [Mixed, Related, Alternative];

    /// <param name="messageId">The id without its angle brackets.</param>
    public Boundary(ReadOnlySpan<char> messageId)
    {
        // FNV-1a: distinct mails should differ, no more; that a boundary is not in the content is seen to by its form.
        var hash = 14695981039346656037UL;
        foreach (var c in messageId)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        _token = hash;
    }

    /// <summary>The line would end or separate parts of this message.</summary>
    public bool IsDelimiter(ReadOnlySpan<byte> line)
    {
        Span<byte> delimiter = stackalloc byte[2 + Length];
        "--"u8.CopyTo(delimiter);
        foreach (var kind in Kinds)
        {
            Fill(delimiter[2..], kind);
            if (line.StartsWith(delimiter))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the boundary of the multipart of this kind: <c>=_m_0123456789abcdef</c>.</summary>
    public void Write(MessageBuffer buffer, byte kind)
    {
        Fill(buffer.GetSpan(Length), kind);
        buffer.Advance(Length);
    }

    private void Fill(Span<byte> target, byte kind)
    {
        target[0] = (byte)'=';
        target[1] = (byte)'_';
        target[2] = kind;
        target[3] = (byte)'_';
        for (var i = 0; i < 16; i++)
        {
            var digit = (int)(_token >> (60 - (4 * i))) & 15;
            target[4 + i] = (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        }
    }
}
