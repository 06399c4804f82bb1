namespace Sact.Session.Tests;

/// <summary>A cursor continues the one query that it came from. Any other query would silently find the wrong sessions.</summary>
public sealed class CursorsOfAQuery
{
    private const string Prefix = "session";

    private static readonly DateTimeOffset s_time = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly byte[] s_position = [1, 2, 3];

    private static readonly SessionQuery s_query = new()
    {
        UserId = "alice",
        State = SessionState.SignedIn,
        Address = "192.0.2.1",
        UserAgent = "Firefox",
        CreatedFrom = s_time,
        CreatedBefore = s_time.AddDays(1),
        LastSeenFrom = s_time,
        LastSeenBefore = s_time.AddDays(1),
    };

    private static readonly Dictionary<string, SessionQuery> s_others = new()
    {
        ["another user"] = s_query with { UserId = "bob" },
        ["any user"] = s_query with { UserId = null },
        ["another state"] = s_query with { State = SessionState.Pending },
        ["any state"] = s_query with { State = null },
        ["another address"] = s_query with { Address = "192.0.2.2" },
        ["any address"] = s_query with { Address = null },
        ["another browser"] = s_query with { UserAgent = "Chrome" },
        ["any browser"] = s_query with { UserAgent = null },
        ["a later beginning"] = s_query with { CreatedFrom = s_time.AddTicks(1) },
        ["any beginning"] = s_query with { CreatedFrom = null },
        ["an earlier end"] = s_query with { CreatedBefore = s_time.AddTicks(1) },
        ["any end"] = s_query with { CreatedBefore = null },
        ["a later visit"] = s_query with { LastSeenFrom = s_time.AddTicks(1) },
        ["any visit"] = s_query with { LastSeenFrom = null },
        ["an earlier visit"] = s_query with { LastSeenBefore = s_time.AddTicks(1) },
        ["any last visit"] = s_query with { LastSeenBefore = null },
    };

    public static TheoryData<string> Others => [.. s_others.Keys];

    [Fact]
    public void GiveThePositionBack()
    {
        string cursor = QueryCursor.Write(Prefix, s_query, s_position)!;

        Assert.Equal(s_position, QueryCursor.Read(Prefix, s_query with { After = cursor, PageSize = 7 }));
        Assert.Null(QueryCursor.Read(Prefix, s_query));
        Assert.Null(QueryCursor.Write(Prefix, s_query, null));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void OfAnotherQueryAreRefused(string which) => AssertRefused(Prefix, s_others[which]);

    /// <summary>The checksum has the length of each condition. The last row repeats what four bytes of length zero would be.</summary>
    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("a\0\0\0\0b", "c", "a", "b\0\0\0\0c")]
    public void OfConditionsThatAddUpToTheSameAreRefused(string address, string userAgent, string otherAddress, string otherUserAgent)
    {
        var query = new SessionQuery { Address = address, UserAgent = userAgent };
        string cursor = QueryCursor.Write(Prefix, query, s_position)!;

        Assert.Equal(s_position, QueryCursor.Read(Prefix, query with { After = cursor }));
        Assert.Throws<ArgumentException>(
            () => QueryCursor.Read(Prefix, new() { Address = otherAddress, UserAgent = otherUserAgent, After = cursor }));
    }

    [Fact]
    public void OfAnotherRegistrationAreRefused() => AssertRefused("admin", s_query);

    [Fact]
    public void WithAChangedPositionAreRefused()
    {
        string cursor = QueryCursor.Write(Prefix, s_query, s_position)!;

        var changed = s_query with { After = cursor[..^1] + (cursor[^1] == 'A' ? 'E' : 'A') };
        Assert.Throws<ArgumentException>(() => QueryCursor.Read(Prefix, changed));
    }

    [Fact]
    public void WithoutAPositionAreRefused() => Assert.Throws<ArgumentException>(() =>
        QueryCursor.Read(Prefix, s_query with { After = QueryCursor.Write(Prefix, s_query, []) }));

    /// <summary>The longest position of a store is 248 bytes.</summary>
    [Theory]
    [InlineData(248, true)]
    [InlineData(249, false)]
    public void AreReadUpToTheLongestOne(int length, bool expected)
    {
        string cursor = QueryCursor.Write(Prefix, s_query, new byte[length])!;

        var refusal = Record.Exception(() => QueryCursor.Read(Prefix, s_query with { After = cursor }));

        Assert.Equal(expected, refusal is null);
    }

    [Fact]
    public void AreNoConditionOfAQuery()
    {
        Assert.True(new SessionQuery().IsEmpty);
        Assert.True(new SessionQuery { PageSize = 7, After = "x" }.IsEmpty);
        Assert.All(s_others.Values, query => Assert.False(query.IsEmpty));
        Assert.False(new SessionQuery { UserAgent = "Firefox" }.IsEmpty);
    }

    private static void AssertRefused(string prefix, SessionQuery query)
    {
        string cursor = QueryCursor.Write(Prefix, s_query, s_position)!;

        var refusal = Assert.Throws<ArgumentException>(() => QueryCursor.Read(prefix, query with { After = cursor }));

        Assert.Equal("query", refusal.ParamName);
        Assert.Contains("is no cursor of this query", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Begin with the first page again", refusal.Message, StringComparison.Ordinal);
    }
}
