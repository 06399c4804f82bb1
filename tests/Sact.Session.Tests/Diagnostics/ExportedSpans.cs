using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Sact.Session.Tests;

/// <summary>What the SDK of OpenTelemetry exports after <c>AddSource("Sact.Session")</c>.</summary>
public sealed class ExportedSpans
{
    [Fact]
    public async Task AreChildrenOfTheRequest()
    {
        var exported = new List<Activity>();
        using var root = new Activity("request").SetIdFormat(ActivityIdFormat.W3C);
        root.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        root.Start();
        using (var provider = Sdk.CreateTracerProviderBuilder()
            .SetSampler(new ParentBasedSampler(new AlwaysOffSampler()))
            .AddSource("Sact.Session")
            .AddInMemoryExporter(exported)
            .Build())
        {
            var host = new SessionHost();
            string id = await host.SignInAsync();
            Assert.Equal("alice", await host.WhoAsync(id));
            provider.ForceFlush();
        }

        var spans = exported.Where(span => span.TraceId == root.TraceId).ToList();
        Assert.Equal(["create session", "read session", "update session"], spans.Select(span => span.DisplayName).Distinct());
        Assert.All(spans, span => Assert.Equal(root.SpanId, span.ParentSpanId));
        Assert.All(spans, span => Assert.True(span.Recorded));
    }
}
