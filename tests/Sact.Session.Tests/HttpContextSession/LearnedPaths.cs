using Microsoft.AspNetCore.Http;

namespace Sact.Session.Tests;

/// <summary>The paths of requests whose synchronous reads had to wait, where routing runs after the session middleware.</summary>
public sealed class LearnedPaths
{
    private readonly BlockingReaders _readers = new();

    [Fact]
    [Trait("abuse", "K30")]
    public void NeverKeepANewOneOut()
    {
        for (int i = 0; i < 5000; i++)
        {
            _readers.Add(At($"/orders/{i}"));
        }

        _readers.Add(At("/read"));

        Assert.True(_readers.Contains(At("/read")));
    }

    [Fact]
    [Trait("abuse", "K30")]
    public void AreBoundedInNumberAndLength()
    {
        string[] paths = [.. Enumerable.Range(0, 5000).Select(i => $"/orders/{i}")];
        foreach (string path in paths)
        {
            _readers.Add(At(path));
        }

        _readers.Add(At("/" + new string('a', 255)));
        _readers.Add(At("/" + new string('a', 256)));
        _readers.Add(At("/a", "/" + new string('b', 255)));

        Assert.InRange(paths.Count(path => _readers.Contains(At(path))), 0, 1000);
        Assert.True(_readers.Contains(At("/" + new string('a', 255))));
        Assert.False(_readers.Contains(At("/" + new string('a', 256))));
        Assert.False(_readers.Contains(At("/a", "/" + new string('b', 255))));
    }

    private static DefaultHttpContext At(string path, string? pathBase = null) =>
        new() { Request = { Path = path, PathBase = pathBase } };
}
