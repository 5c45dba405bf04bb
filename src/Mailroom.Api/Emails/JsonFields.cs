using System.Text.Json;
using Mailroom.Api.Errors;

namespace Mailroom.Api.Emails;

/// <summary>
/// A walk over a request's JSON that notes what is wrong by the field's path and goes on, so that one answer names every fault.
/// Only broken JSON ends it, with a <see cref="JsonException"/>.
/// </summary>
internal ref struct JsonFields(ReadOnlySpan<byte> utf8, Faults faults)
{
    /// <summary>Deep enough for a template's variables.</summary>
    private const int MaxDepth = 32;

    private const int MaxNameShown = 80;

    private readonly ReadOnlySpan<byte> _utf8 = utf8;
    private Faults _faults = faults;
    private Utf8JsonReader _reader = new(utf8, new JsonReaderOptions { MaxDepth = MaxDepth });

    public readonly Faults Faults => _faults;

    public readonly JsonTokenType Token => _reader.TokenType;

    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    /// <summary>Moves to the next token.</summary>
    /// <exception cref="JsonException">The JSON is broken or ends here.</exception>
    public void Next()
    {
        if (!_reader.Read())
        {
            throw new JsonException("The body ends too early.");
        }
    }

    /// <summary>Moves to the next property's name. False: the object has ended.</summary>
    public bool NextName()
    {
        Next();
        return _reader.TokenType != JsonTokenType.EndObject;
    }

    /// <summary>Moves to the next item. False: the array has ended.</summary>
    public bool NextItem()
    {
        Next();
        return _reader.TokenType != JsonTokenType.EndArray;
    }

    /// <exception cref="JsonException">Something follows.</exception>
    public void End()
    {
        if (_reader.Read())
        {
            throw new JsonException("Something follows the body.");
        }
    }

    /// <summary>A second walk from the same place that notes its faults elsewhere.</summary>
    public readonly JsonFields With(Faults other)
    {
        var fork = this;
        fork._faults = other;
        return fork;
    }

    /// <summary>Goes on where <paramref name="other"/> has come to.</summary>
    public void GoOnFrom(in JsonFields other) => _reader = other._reader;

    /// <summary>False also for a name that is not valid text, which the reader would throw over.</summary>
    public readonly bool NameIs(ReadOnlySpan<byte> name) => (!_reader.ValueIsEscaped || Name() is not null) && _reader.ValueTextEquals(name);

    /// <summary>The current property's name, whole, or null where it is not valid text.</summary>
    public readonly string? Name()
    {
        try
        {
            return _reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: JSON can spell it and no text can hold it.
            return null;
        }
    }

    /// <summary>The current property's name, short enough to be shown.</summary>
    public static string Shown(string? name) => name is null ? "?" : name.Length <= MaxNameShown ? name : name[..MaxNameShown] + "…";

    public void Skip()
    {
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            _reader.Skip();
        }
    }

    /// <summary>The current value as a string; null after a fault. Its controls are not checked here.</summary>
    public string? String(string field)
    {
        if (_reader.TokenType != JsonTokenType.String)
        {
            Wrong(field, "a string");
            return null;
        }

        if (Name() is { } text)
        {
            return text;
        }

        _faults.Add(field, "is not valid Unicode text");
        return null;
    }

    /// <summary>The current value as a text of some lines, which may hold no NUL; null after a fault.</summary>
    public string? Text(string field)
    {
        var text = String(field);
        if (text is null || !text.Contains('\0'))
        {
            return text;
        }

        _faults.Add(field, "must not contain NUL");
        return null;
    }

    /// <summary>The current value as one line, which may hold no control characters; null after a fault.</summary>
    public string? Line(string field, int maxLength)
    {
        var text = String(field);
        if (text is null)
        {
            return null;
        }

        if (text.Length > maxLength)
        {
            _faults.Add(field, $"is longer than {maxLength} characters");
            return null;
        }

        foreach (var c in text)
        {
            if (char.IsControl(c))
            {
                _faults.Add(field, "must not contain control characters such as CR, LF or NUL");
                return null;
            }
        }

        return text;
    }

    /// <summary>The current value's bytes out of base64; null after a fault.</summary>
    public readonly bool TryBase64(out byte[]? bytes) => _reader.TryGetBytesFromBase64(out bytes);

    public readonly bool TryInt(out int number) => _reader.TryGetInt32(out number);

    /// <summary>How many bytes of JSON the current string takes.</summary>
    public readonly int ValueLength => _reader.ValueSpan.Length;

    /// <summary>How many characters the current string of ASCII has.</summary>
    public readonly int TextLength => _reader.ValueIsEscaped ? Name()?.Length ?? _reader.ValueSpan.Length : _reader.ValueSpan.Length;

    /// <summary>The current object or array with all that is in it, and its keys all different; null after a fault. <paramref name="bytes"/>: its length as JSON.</summary>
    public JsonElement? Element(string field, out int bytes)
    {
        var start = (int)_reader.TokenStartIndex;
        var before = _faults.Count;
        CheckInside(field);
        bytes = (int)_reader.BytesConsumed - start;
        if (_faults.Count > before)
        {
            return null;
        }

        try
        {
            return JsonElement.Parse(
                _utf8.Slice(start, bytes), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
        }
        catch (JsonException)
        {
            // The walk above has read it as JSON, so it can only be a name that comes twice.
            _faults.Add(field, "has a name twice in one object");
            return null;
        }
    }

    /// <summary>Notes a value of the wrong type and passes over it.</summary>
    public void Wrong(string field, string expected, ProblemKind? kind = null)
    {
        _faults.Add(field, $"must be {expected}, not {Kind(_reader.TokenType)}", kind);
        Skip();
    }

    private void CheckInside(string field)
    {
        var depth = _reader.CurrentDepth;
        while (true)
        {
            Next();
            if (_reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && _reader.CurrentDepth == depth)
            {
                return;
            }

            if (_reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && _reader.ValueIsEscaped && Name() is null)
            {
                _faults.Add(field, "has a string that is not valid Unicode text");
            }
        }
    }

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a boolean",
        JsonTokenType.Null => "null",
        _ => throw new ArgumentOutOfRangeException(nameof(token), token, "Not the start of a value."),
    };
}
