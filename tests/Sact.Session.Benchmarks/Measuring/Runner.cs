using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Sact.Session.Benchmarks;

/// <summary>One contender at work on a pipeline in this process.</summary>
internal sealed class Runner : IAsyncDisposable
{
    private RequestDelegate _endpoint = static _ => Task.CompletedTask;

    public Runner(Contender contender)
    {
        Contender = contender;
        Pipeline = Pipeline.Build(contender.Register, contender.Use, context => _endpoint(context));
    }

    public Contender Contender { get; }

    public Pipeline Pipeline { get; }

    public void Choose(RequestDelegate endpoint) => _endpoint = endpoint;

    /// <summary>One request by an endpoint.</summary>
    public async Task<string?> SendAsync(RequestDelegate endpoint, string? cookie)
    {
        Choose(endpoint);
        return CookieOf((await Pipeline.SendAsync(cookie)).SetCookie);
    }

    /// <summary>
    /// The cookie of a new session that has been presented once, so that what first use costs is behind it. A contender without sessions
    /// sends one all the same.
    /// </summary>
    public async Task<string> SignedInAsync(RequestDelegate? signIn = null)
    {
        string? cookie = await SendAsync(signIn ?? Contender.Endpoint(Scenario.SignIn)!, null);
        if (cookie is null)
        {
            return "__Host-sid=" + new string('A', 56);
        }

        await SendAsync(Contender.Endpoint(signIn is null ? Scenario.Read : Scenario.ReadLarge)!, cookie);
        return cookie;
    }

    /// <summary>Requests one after another; what each answered as a cookie goes into <paramref name="answers"/>.</summary>
    public async Task<Figures> MeasureAsync(RequestDelegate endpoint, string?[] cookies, StringValues[]? answers = null)
    {
        Choose(endpoint);
        var connection = Pipeline.Connect();

        // The first request of a connection makes what the next ones use again.
        var opening = (await connection.SendAsync(cookies[0])).SetCookie;
        if (answers is not null)
        {
            answers[0] = opening;
        }

        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = Environment.CpuUsage.TotalTime;
        long since = Stopwatch.GetTimestamp();
        for (int i = 1; i < cookies.Length; i++)
        {
            var headers = await connection.SendAsync(cookies[i]);
            if (answers is not null)
            {
                answers[i] = headers.SetCookie;
            }
        }

        var elapsed = Stopwatch.GetElapsedTime(since);
        cpu = Environment.CpuUsage.TotalTime - cpu;
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        double requests = cookies.Length - 1;
        return new(elapsed.TotalNanoseconds / requests, cpu.TotalNanoseconds / requests, bytes / requests);
    }

    public static string? CookieOf(StringValues setCookie) => setCookie.FirstOrDefault() is { } header ? header.Split(';')[0] : null;

    public ValueTask DisposeAsync() => Pipeline.DisposeAsync();
}

/// <summary>What one request took.</summary>
/// <param name="Nanoseconds">Time.</param>
/// <param name="Cpu">Processor time of the whole process, in nanoseconds.</param>
/// <param name="Bytes">Allocated on the managed heap.</param>
internal readonly record struct Figures(double Nanoseconds, double Cpu, double Bytes);
