using System.Collections.Concurrent;
using Mailroom.Integration.Tests.Service.Under;

namespace Mailroom.Integration.Tests.Service.Load;

/// <summary>A caller that posts one mail after the other until it is told to stop, each to a recipient of its own, and expects each to be accepted.</summary>
internal sealed class SteadyPosts
{
    private readonly ConcurrentDictionary<string, string> _accepted = new();
    private readonly Milestones _progress = new();
    private readonly Task _posting;
    private volatile bool _stop;

    private SteadyPosts(RunningMailroom service) => _posting = Post(service);

    /// <summary>The delivery's id by recipient.</summary>
    public IReadOnlyDictionary<string, string> Accepted => _accepted;

    public int Count => _progress.Count;

    public static SteadyPosts Start(RunningMailroom service) => new(service);

    /// <summary>Completes when that many mails have been accepted; fails with the first that was not.</summary>
    public async Task HaveAccepted(int count)
    {
        if (await Task.WhenAny(_progress.Reached(count), _posting) == _posting)
        {
            await _posting;
        }
    }

    /// <summary>Posts no more. Fails where a mail was not accepted.</summary>
    public Task Stop()
    {
        _stop = true;
        return _posting;
    }

    private async Task Post(RunningMailroom service)
    {
        while (!_stop)
        {
            var recipient = Clients.Recipient(_progress.Count);
            _accepted[recipient] = await service.Accept(TestMail.To(recipient), recipient);
            _progress.Add();
        }
    }
}
