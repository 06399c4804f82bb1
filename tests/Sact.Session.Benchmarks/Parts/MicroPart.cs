using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Sact.Session.Benchmarks;

/// <summary>The steps a request is made of, by BenchmarkDotNet.</summary>
internal static class MicroPart
{
    public static void Run(Report report, string folder)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithArtifactsPath(folder);
        var summary = BenchmarkRunner.Run<Steps>(config);
        report.Table(
            "The steps, by BenchmarkDotNet",
            ["step", "mean", "± error", "allocated"],
            summary.Reports.Select(static step => new[]
            {
                step.BenchmarkCase.Descriptor.WorkloadMethod.Name,
                string.Create(CultureInfo.InvariantCulture, $"{step.ResultStatistics?.Mean:N1} ns"),
                string.Create(CultureInfo.InvariantCulture, $"{step.ResultStatistics?.ConfidenceInterval.Margin:N1} ns"),
                string.Create(CultureInfo.InvariantCulture, $"{step.GcStats.GetBytesAllocatedPerOperation(step.BenchmarkCase):N0} B"),
            }));
    }
}

/// <summary>The steps.</summary>
public class Steps
{
    private static readonly MemoryStore s_store = new();
    private readonly byte[] _id = new byte[SessionIdFormat.ByteLength];
    private readonly string _header = "theme=dark; __Host-sid=" + s_store.CreateSessionId("alice") + "; lang=en";
    private readonly SessionFields _fields = SessionFields.RestoreJson("""{"name":"Ada","role":"admin","theme":"dark"}"""u8);
    private readonly SecretHash _hash = SessionIdFormat.HashOfId(new byte[SessionIdFormat.ByteLength]);
    private readonly byte[] _json = """{"name":"Ada","role":"admin","theme":"dark"}"""u8.ToArray();

    /// <summary>Finds the cookie among three and decodes it.</summary>
    [Benchmark]
    public bool CookieReader() =>
        CookieHeader.Find(_header, "__Host-sid", out var value) == CookieFinding.One && SessionIdFormat.TryDecode(value, _id);

    /// <summary>A user's new id.</summary>
    [Benchmark]
    public string IdMint() => s_store.CreateSessionId("alice");

    /// <summary>What judging a presented id costs.</summary>
    [Benchmark]
    public bool HashCheck() => SessionIdFormat.HashOfId(_id) == _hash;

    /// <summary>Three fields to what a store keeps.</summary>
    [Benchmark]
    public byte[] RecordWrite() => _fields.ToJson();

    /// <summary>And back.</summary>
    [Benchmark]
    public SessionFields RecordRead() => SessionFields.RestoreJson(_json);
}
