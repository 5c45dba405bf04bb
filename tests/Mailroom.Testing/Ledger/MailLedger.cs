using System.Runtime.InteropServices;

namespace Mailroom.Testing;

/// <summary>All mails that a <see cref="LedgerSink"/> took, in the order in which it took them.</summary>
public sealed class MailLedger
{
    private readonly Lock gate = new();
    private readonly List<LedgerMail> mails = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> waiters = [];
    private readonly int capacity;

    internal MailLedger(int capacity) => this.capacity = capacity;

    /// <summary>How many mails were taken, duplicates included.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return mails.Count;
            }
        }
    }

    /// <summary>A copy of the mails, oldest first.</summary>
    public IReadOnlyList<LedgerMail> Mails
    {
        get
        {
            lock (gate)
            {
                return [.. mails];
            }
        }
    }

    /// <summary>How often a Message-ID (with its angle brackets) was taken.</summary>
    public int CountOf(string messageId) => Mails.Count(mail => mail.MessageId == messageId);

    /// <summary>
    /// Who got a Message-ID more than once. Two takings of one Message-ID for different recipients are no duplicate:
    /// a server that accepts only some recipients is given the others later. Mails without a Message-ID are not looked at.
    /// </summary>
    public IReadOnlyList<LedgerDuplicate> Duplicates()
    {
        var times = new Dictionary<(string MessageId, string Recipient), int>();
        foreach (var mail in Mails)
        {
            if (mail.MessageId.Length > 0)
            {
                foreach (var recipient in mail.Recipients)
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(times, (mail.MessageId, recipient), out _)++;
                }
            }
        }

        return [.. times.Where(pair => pair.Value > 1).Select(pair => new LedgerDuplicate(pair.Key.MessageId, pair.Key.Recipient, pair.Value))];
    }

    /// <summary>Waits until that many mails have been taken.</summary>
    /// <exception cref="DeadlinePassedException">They did not come in time.</exception>
    public Task WaitForMails(int count, TimeSpan? within = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (mails.Count >= count)
            {
                return Task.CompletedTask;
            }

            waiters.Add((count, reached));
        }

        return Deadline.In(within).Wait(reached.Task, $"{count} mails in the ledger", () => $"{Count} came.");
    }

    /// <returns>False when the ledger is full: the mail is not taken then.</returns>
    internal bool Record(LedgerMail mail)
    {
        lock (gate)
        {
            if (mails.Count == capacity)
            {
                return false;
            }

            mails.Add(mail);
            if (waiters.Count > 0)
            {
                waiters.RemoveAll(waiter => mails.Count >= waiter.Count && waiter.Reached.TrySetResult());
            }

            return true;
        }
    }
}
