using StackExchange.Redis;

namespace Sact.Session;

/// <summary>
/// Whether the server has stopped to answer over a connection that seems to be alive. A call that is given up proves little by itself:
/// it may have been slow. A server that has answered nothing at all since then, for as long as a call is allowed to take by default, is
/// taken for down.
/// </summary>
/// <param name="time">The system's time, or a test's.</param>
internal sealed class RedisSilence(TimeProvider time)
{
    /// <summary>As long as the defaults of <c>StoreTimeout</c> and of the client's own time-out.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private long _answered = long.MinValue;

    // When the oldest call was sent that was given up without any answer after it; long.MaxValue for none.
    private long _unanswered = long.MaxValue;

    public long Now => time.GetTimestamp();

    /// <summary>How long the server has been silent; null if it answers.</summary>
    public TimeSpan? Length
    {
        get
        {
            long since = Volatile.Read(ref _unanswered);
            if (since == long.MaxValue)
            {
                return null;
            }

            if (Volatile.Read(ref _answered) >= since)
            {
                Interlocked.CompareExchange(ref _unanswered, long.MaxValue, since);
                return null;
            }

            var length = time.GetElapsedTime(since);
            return length >= Limit ? length : null;
        }
    }

    /// <summary>Notes any answer of the server; an error is one too.</summary>
    public void Answered() => Volatile.Write(ref _answered, time.GetTimestamp());

    /// <summary>Forgets what was, because there is a new connection.</summary>
    public void Reset()
    {
        Answered();
        Volatile.Write(ref _unanswered, long.MaxValue);
    }

    /// <summary>Notes that a call was given up. A late answer to it still counts.</summary>
    /// <param name="sent">When the call was made, by <see cref="Now"/>.</param>
    /// <param name="pending">The call; null if it waited for another one.</param>
    public void GaveUp(long sent, Task? pending)
    {
        if (Volatile.Read(ref _answered) < sent)
        {
            Interlocked.CompareExchange(ref _unanswered, sent, long.MaxValue);
        }

        pending?.ContinueWith(
            static (answer, self) =>
            {
                // Reading the exception also keeps it from being reported as unobserved.
                if (answer.IsCompletedSuccessfully || answer.Exception?.InnerException is RedisServerException)
                {
                    ((RedisSilence)self!).Answered();
                }
            },
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
