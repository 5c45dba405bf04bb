using System.Buffers;
using System.IO.Pipelines;
using Mailroom.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Mailroom.Api.Http;

/// <summary>One request's body in one pooled array. Dispose it exactly once, after the last use of <see cref="Bytes"/>.</summary>
internal struct RequestBody(byte[] buffer, int length, long taken, BodyBudget budget) : IDisposable
{
    private byte[]? _buffer = buffer;

    public readonly ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, length);

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
            budget.Give(taken);
        }
    }
}

/// <summary>Reads bodies, bounded in size, in time and in all together.</summary>
internal sealed class RequestBodies(int maxBytes, TimeSpan deadline, BodyBudget budget, TimeProvider clock)
{
    /// <summary>What a body may take without asking the budget; the number of connections bounds these.</summary>
    private const int Small = 64 * 1024;

    /// <exception cref="ProblemException">Too large, too slow, or too much at one time.</exception>
    public async ValueTask<RequestBody> ReadAsync(HttpContext context)
    {
        var declared = context.Request.ContentLength;
        if (declared > maxBytes)
        {
            throw TooLarge();
        }

        var reader = context.Request.BodyReader;
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(declared ?? 0, 4096, Small));
        var length = 0;
        var taken = 0L;
        ITimer? timer = null;
        try
        {
            while (true)
            {
                var reading = reader.ReadAsync(context.RequestAborted);
                if (!reading.IsCompleted)
                {
                    timer ??= clock.CreateTimer(EndRead, reader, deadline, Timeout.InfiniteTimeSpan);
                }

                var result = await reading;
                if (result.IsCanceled)
                {
                    throw new ProblemException(Problem.Of(ProblemKinds.RequestTimeout));
                }

                var chunk = result.Buffer;
                if (length + chunk.Length > maxBytes)
                {
                    throw TooLarge();
                }

                var needed = length + (int)chunk.Length;
                if (needed > buffer.Length)
                {
                    Grow(ref buffer, length, (int)Math.Max(needed, Math.Min(declared ?? 0, 4L * needed)), ref taken);
                }

                chunk.CopyTo(buffer.AsSpan(length));
                length = needed;
                reader.AdvanceTo(chunk.End);
                if (result.IsCompleted)
                {
                    return new RequestBody(buffer, length, taken, budget);
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            budget.Give(taken);
            throw;
        }
        finally
        {
            if (timer is not null)
            {
                await timer.DisposeAsync();
            }
        }
    }

    private void Grow(ref byte[] buffer, int used, int needed, ref long taken)
    {
        // Also counts the decoded copy that a large body turns into.
        var size = Math.Min(Math.Max(needed, (long)buffer.Length * 2), maxBytes);
        var more = size > Small ? (size * 2) - taken : 0;
        if (!budget.TryTake(more))
        {
            throw new ProblemException(new Problem(ProblemKinds.Busy, "Too many large requests are being read at the moment. Nothing was stored.") { RetryAfter = 1 });
        }

        taken += more;
        var bigger = ArrayPool<byte>.Shared.Rent((int)size);
        buffer.AsSpan(0, used).CopyTo(bigger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = bigger;
    }

    /// <summary>Runs on the timer's thread, where an exception would end the process.</summary>
    private static void EndRead(object? reader)
    {
        try
        {
            ((PipeReader)reader!).CancelPendingRead();
        }
        catch (Exception)
        {
            // The request was aborted at the same moment: its read ends by that, and the pipe takes no more calls.
            return;
        }
    }

    private ProblemException TooLarge() =>
        new(new Problem(ProblemKinds.TooLarge, $"The body is larger than {maxBytes} bytes."));
}
