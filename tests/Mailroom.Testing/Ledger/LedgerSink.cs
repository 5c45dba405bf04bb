using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mailroom.Testing;

/// <summary>
/// An SMTP server in the test's own process that keeps books: every mail it acknowledges is in <see cref="Ledger"/>
/// before the acknowledgement leaves. What a sender believes delivered can so be compared with what was. It takes
/// pipelined commands (RFC 2920), 8BITMIME, SMTPUTF8 and SIZE, and ends a mail at CR LF dot CR LF alone.
/// </summary>
public sealed class LedgerSink : IAsyncDisposable
{
    /// <summary>Connections open at a time; one more is answered 421.</summary>
    public const int MostConnections = 2_048;

    /// <summary>Mails kept; one more is answered 452.</summary>
    public const int MostMails = 4_000_000;

    private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<int, Task> open = new();
    private readonly ConcurrentQueue<Exception> failures = new();
    private readonly Task accepting;
    private readonly StallGate stalls = new();
    private volatile LedgerFaults faults;
    private int connections;
    private int broken;
    private string? lastLogin;

    private LedgerSink(LedgerFaults faults, IPAddress address)
    {
        this.faults = faults;
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(512);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        accepting = Accept();
    }

    public int Port { get; }

    public MailLedger Ledger { get; } = new(MostMails);

    /// <summary>What goes wrong from now on; connections that are open see it at their next command.</summary>
    public LedgerFaults Faults
    {
        get => faults;
        set => faults = value;
    }

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Connections that the other side broke off without QUIT or an orderly close.</summary>
    public int Broken => Volatile.Read(ref broken);

    /// <summary>What the newest AUTH PLAIN said, as <c>user:password</c> (RFC 4616), or null.</summary>
    public string? LastLogin => Volatile.Read(ref lastLogin);

    /// <summary>Mails that wait behind <see cref="DotFault.Stall"/> or <see cref="LedgerFaults.StallBeforeData"/>.</summary>
    public int Stalled => stalls.Count;

    /// <summary>Starts one on a free port.</summary>
    /// <param name="address">Where it listens; 127.0.0.1 when null.</param>
    public static LedgerSink Start(LedgerFaults? faults = null, IPAddress? address = null) => new(faults ?? LedgerFaults.None, address ?? IPAddress.Loopback);

    /// <summary>Waits until that many mails are stalled at a time.</summary>
    /// <exception cref="DeadlinePassedException">They were not in time.</exception>
    public Task WaitForStalled(int count, TimeSpan? within = null) =>
        Deadline.In(within).Wait(stalls.Reached(count), $"{count} stalled mails in the ledger's sink", () => $"{Stalled} stall.");

    /// <summary>Lets all mails go on that stall now.</summary>
    public void ReleaseStalled() => stalls.Release();

    /// <summary>Closes everything.</summary>
    /// <exception cref="AggregateException">The sink itself failed: what it counted cannot be relied on.</exception>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        listener.Dispose();
        await accepting.ConfigureAwait(false);
        await Task.WhenAll(open.Values).ConfigureAwait(false);
        stopping.Dispose();
        if (!failures.IsEmpty)
        {
            throw new AggregateException("The ledger's sink failed.", failures);
        }
    }

    /// <param name="base64">Identity, user and password with NULs between, in base64.</param>
    internal void NoteLogin(ReadOnlySpan<byte> base64)
    {
        var text = Encoding.UTF8.GetString(Convert.FromBase64String(Encoding.ASCII.GetString(base64).Trim()));
        Volatile.Write(ref lastLogin, string.Join(':', text.Split('\0').Skip(1)));
    }

    internal Task UntilReleased(CancellationToken stop) => stalls.Wait(stop);

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync(stopping.Token).ConfigureAwait(false);
                var number = Interlocked.Increment(ref connections);
                var full = open.Count >= MostConnections;

                // Yields first: what is done here must be in the dictionary before it can take itself out.
                var gone = new TaskCompletionSource();
                open[number] = gone.Task;
                _ = Serve(socket, number, full, gone);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure)
        {
            failures.Enqueue(failure);
        }
    }

    private async Task Serve(Socket socket, int number, bool full, TaskCompletionSource gone)
    {
        try
        {
            using (socket)
            {
                socket.NoDelay = true;
                await new LedgerConnection(socket, number, this).Serve(full, stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The sink closes: a connection in the middle of a mail is cut.
            return;
        }
        catch (SocketException)
        {
            Interlocked.Increment(ref broken);
        }
        catch (Exception failure)
        {
            failures.Enqueue(failure);
        }
        finally
        {
            open.TryRemove(number, out _);
            gone.SetResult();
        }
    }
}
