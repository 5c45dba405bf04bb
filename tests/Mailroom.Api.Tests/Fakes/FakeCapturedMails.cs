using System.Text;
using Mailroom.Actors;

namespace Mailroom.Api.Tests.Fakes;

public sealed class FakeCapturedMails : ICapturedMails
{
    private readonly Lock _gate = new();
    private readonly List<CapturedMail> _mails = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;

    public long Version => Volatile.Read(ref _version);

    public void Add(string id, string subject = "Hi", string? text = "Hello", string? html = null) => Change(() => _mails.Insert(0, new CapturedMail(
        id, DateTimeOffset.UtcNow, "Ann <ann@example.com>", ["bob@example.com"], [], ["bob@example.com", "blind@example.com"], subject, text, html,
        [new("Subject", subject), new("X-Evil", "<img src=x onerror=alert(1)>")], [new CapturedAttachment("a<b>.pdf", "application/pdf", 42, null)], 321)));

    public IReadOnlyList<CapturedMail> Newest(int limit)
    {
        lock (_gate)
        {
            return [.. _mails.Take(limit)];
        }
    }

    public CapturedMail? Find(string id) => Newest(int.MaxValue).FirstOrDefault(mail => mail.Id == id);

    public ValueTask<byte[]?> RawAsync(string id, CancellationToken cancel) =>
        new(Find(id) is { } mail ? Encoding.UTF8.GetBytes($"Subject: {mail.Subject}\r\n\r\n{mail.Text}") : null);

    public Task ChangedAsync(long version, CancellationToken cancel)
    {
        lock (_gate)
        {
            return _version > version ? Task.CompletedTask : _changed.Task.WaitAsync(cancel);
        }
    }

    public ValueTask ClearAsync(CancellationToken cancel)
    {
        Change(_mails.Clear);
        return ValueTask.CompletedTask;
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            _version++;
            _changed.SetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
