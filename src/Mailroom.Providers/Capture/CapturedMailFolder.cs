using System.Text.Json;
using System.Text.Json.Serialization;
using Mailroom.Actors;

namespace Mailroom.Providers.Capture;

/// <summary>Captured mails on disk, newest first in memory: <c>&lt;id&gt;.eml</c> as it would have been sent and <c>&lt;id&gt;.json</c> as it is shown. The oldest leave.</summary>
public sealed class CapturedMailFolder : ICapturedMails
{
    /// <summary>Mails that are kept.</summary>
    public const int Capacity = 1000;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly LinkedList<CapturedMail> _mails = new();
    private readonly Dictionary<string, LinkedListNode<CapturedMail>> _byId = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;

    /// <exception cref="IOException">The directory cannot be made or read.</exception>
    public CapturedMailFolder(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        foreach (var mail in Directory.EnumerateFiles(directory, "*.json").Select(Read).OfType<CapturedMail>().OrderBy(mail => mail.At))
        {
            Keep(mail);
        }
    }

    public long Version => Interlocked.Read(ref _version);

    public IReadOnlyList<CapturedMail> Newest(int limit)
    {
        lock (_gate)
        {
            return [.. _mails.Take(limit)];
        }
    }

    public CapturedMail? Find(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id)?.Value;
        }
    }

    public async ValueTask<byte[]?> RawAsync(string id, CancellationToken cancel)
    {
        // Only ids that were kept name a file.
        if (Find(id) is null)
        {
            return null;
        }

        try
        {
            return await File.ReadAllBytesAsync(PathOf(id, ".eml"), cancel).ConfigureAwait(false);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public async Task ChangedAsync(long version, CancellationToken cancel)
    {
        Task changed;
        lock (_gate)
        {
            if (_version > version)
            {
                return;
            }

            changed = _changed.Task;
        }

        await changed.WaitAsync(cancel).ConfigureAwait(false);
    }

    public async ValueTask AddAsync(CapturedMail mail, ReadOnlyMemory<byte> raw, CancellationToken cancel)
    {
        await File.WriteAllBytesAsync(PathOf(mail.Id, ".eml"), raw, cancel).ConfigureAwait(false);
        var unfinished = PathOf(mail.Id, ".tmp");
        await File.WriteAllBytesAsync(unfinished, JsonSerializer.SerializeToUtf8Bytes(mail, CapturedMailJson.Default.CapturedMail), cancel).ConfigureAwait(false);
        File.Move(unfinished, PathOf(mail.Id, ".json"), overwrite: true);
        IReadOnlyList<string> gone;
        lock (_gate)
        {
            gone = Keep(mail);
        }

        Delete(gone);
    }

    public ValueTask ClearAsync(CancellationToken cancel)
    {
        string[] gone;
        lock (_gate)
        {
            gone = [.. _byId.Keys];
            _byId.Clear();
            _mails.Clear();
            Tell();
        }

        Delete(gone);
        return ValueTask.CompletedTask;
    }

    private IReadOnlyList<string> Keep(CapturedMail mail)
    {
        if (_byId.Remove(mail.Id, out var before))
        {
            _mails.Remove(before);
        }

        _byId.Add(mail.Id, _mails.AddFirst(mail));
        var gone = new List<string>();
        while (_mails.Count > Capacity)
        {
            var oldest = _mails.Last!.Value.Id;
            _mails.RemoveLast();
            _byId.Remove(oldest);
            gone.Add(oldest);
        }

        Tell();
        return gone;
    }

    private void Tell()
    {
        _version++;
        _changed.TrySetResult();
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private void Delete(IReadOnlyList<string> ids)
    {
        foreach (var id in ids)
        {
            File.Delete(PathOf(id, ".json"));
            File.Delete(PathOf(id, ".eml"));
        }
    }

    // An id is letters, digits, '.', '_' and '-', so it cannot leave the directory.
    private string PathOf(string id, string extension) => Path.Combine(_directory, id + extension);

    /// <summary>A file that was cut short by a crash is no mail.</summary>
    private static CapturedMail? Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize(file, CapturedMailJson.Default.CapturedMail);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CapturedMail))]
internal sealed partial class CapturedMailJson : JsonSerializerContext;
