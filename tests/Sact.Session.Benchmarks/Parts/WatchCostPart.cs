using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Sact.Session.Stores.Tests;

namespace Sact.Session.Benchmarks;

/// <summary>What open connections that are watched cost while nothing happens: memory of each, and calls of the store.</summary>
internal static class WatchCostPart
{
    private const int Connections = 10_000;
    private const int Intervals = 3;

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    public static Task RunAsync(Report report) => report.TryAsync("The cost of the watch", async () =>
    {
        await using var server = await RedisServer.StartAsync();
        double read = (await MeasureAsync(server, watched: false)).BytesPerConnection;
        var (bytes, polls) = await MeasureAsync(server, watched: true);
        report.AskAtMost(
            $"memory of a watched connection, {Connections:N0} of them, over one that read its session",
            "≤ 1,024 B",
            bytes - read,
            1024,
            "{0:N0} B");
        report.AskAtMost($"calls of the store per interval, {Connections:N0} idle connections", "≤ 40", polls, 40, "{0:N1}");
    });

    /// <summary>Requests that have read their session and wait, with or without a look at <c>EndedToken</c>.</summary>
    private static async Task<(double BytesPerConnection, double PollsPerInterval)> MeasureAsync(RedisServer server, bool watched)
    {
        await using var pipeline = new Runner(new SactContender("Redis", builder =>
        {
            builder.UseRedis(server.Configuration);
            builder.Services.Configure<SactSessionOptions>(static options => options.WatchInterval = s_interval);
        }));
        string?[] cookies = new string?[Connections];
        for (int i = 0; i < Connections; i++)
        {
            cookies[i] = await pipeline.SendAsync(pipeline.Contender.Endpoint(Scenario.SignIn)!, null);
        }

        int calls = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "sact.session.store.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "operation", Value: "watch" })
                {
                    Interlocked.Increment(ref calls);
                }
            }
        });
        listener.Start();

        using var open = new CountdownEvent(Connections);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pipeline.Choose(async context =>
        {
            var session = context.GetSactSession();
            if (await session.GetAsync() is null || (watched && session.EndedToken.IsCancellationRequested))
            {
                throw new InvalidOperationException("The session has ended.");
            }

            open.Signal();
            await end.Task;
        });
        long before = GrowthPart.Settled();
        var requests = new Task<IHeaderDictionary>[Connections];
        for (int i = 0; i < Connections; i++)
        {
            requests[i] = pipeline.Pipeline.Connect().SendAsync(cookies[i]).AsTask();
        }

        if (!open.Wait(TimeSpan.FromMinutes(2)))
        {
            throw new InvalidOperationException("Not every connection was opened within two minutes.");
        }

        // The watch reads each new connection once. What follows is what it does by itself.
        await Task.Delay(s_interval);
        double bytes = (GrowthPart.Settled() - before) / (double)Connections;
        Volatile.Write(ref calls, 0);
        await Task.Delay(s_interval * Intervals);
        double polls = Volatile.Read(ref calls) / (double)Intervals;
        if (Array.Exists(requests, static request => request.IsCompleted))
        {
            throw new InvalidOperationException("A connection was closed although nothing had ended.");
        }

        end.SetResult();
        await Task.WhenAll(requests);
        return (bytes, polls);
    }
}
