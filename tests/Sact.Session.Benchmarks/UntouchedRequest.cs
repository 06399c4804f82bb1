using BenchmarkDotNet.Attributes;

namespace Sact.Session.Benchmarks;

/// <summary>P1, nothing for nothing: a request with a session cookie whose endpoint does not ask for the session, beside the bare pipeline.</summary>
[MemoryDiagnoser]
public class UntouchedRequest
{
    private static readonly string s_cookie = $"__Host-sid={new string('A', 56)}";
    private Pipeline _bare = null!;
    private Pipeline _sessions = null!;
    private Pipeline _bridge = null!;

    [Params(Work.Synchronous, Work.Yielding)]
    public Work Work { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _bare = Pipeline.Bare(Pipeline.Untouched(Work));
        _sessions = Pipeline.WithSessions(Pipeline.Untouched(Work));
        _bridge = Pipeline.WithHttpContextSession(Pipeline.Untouched(Work));
    }

    [Benchmark(Baseline = true)]
    public Task Bare() => _bare.SendAsync(s_cookie);

    [Benchmark]
    public Task WithSessions() => _sessions.SendAsync(s_cookie);

    [Benchmark]
    public Task WithHttpContextSession() => _bridge.SendAsync(s_cookie);
}
