using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Sact.Session.Testing;

namespace Sact.Session.Tests;

/// <summary>What a page can read from the data of a session.</summary>
public sealed class ReadingSessionData
{
    private static readonly SessionData s_data = TestSessionData.SignedIn("alice", new()
    {
        ["text"] = "x",
        ["escaped"] = "a\"b\u0000é😀",
        ["number"] = 7,
        ["null"] = null,
        ["list"] = new JsonArray("a", "b"),
        ["object"] = new JsonObject { ["inner"] = "y" },
    });

    [Fact]
    public void TheIndexerReturnsStringsAndNullForOtherKinds()
    {
        Assert.Equal("x", s_data["text"]);
        Assert.Equal("a\"b\u0000é😀", s_data["escaped"]);
        foreach (string name in new[] { "number", "null", "list", "object", "TEXT", "absent", "", "\ud800" })
        {
            Assert.Null(s_data[name]);
        }

        Assert.Throws<ArgumentNullException>("name", () => s_data[null!]);
    }

    [Fact]
    public void GetReadsAFieldByItsType()
    {
        Assert.Equal(7, s_data.Get<int>("number"));
        Assert.Equal(7L, s_data.Get<long?>("number"));
        Assert.Equal(["a", "b"], s_data.Get<string[]>("list")!);
        Assert.Equal("y", s_data.Get<Inner>("object")?.inner);
        Assert.Equal(0, s_data.Get<int>("absent"));
        Assert.Equal(0, s_data.Get<int>("null"));
        Assert.Null(s_data.Get<int?>("null"));
        Assert.Null(s_data.Get<string>("absent"));
        Assert.Equal(7, s_data.Get("number", (JsonTypeInfo<int>)JsonSerializerOptions.Default.GetTypeInfo(typeof(int))));
    }

    [Fact]
    public void AFieldOfAnotherKindThrows()
    {
        Assert.Throws<JsonException>(() => s_data.Get<int>("text"));
        Assert.Throws<JsonException>(() => s_data.Get<string>("number"));
        Assert.Throws<JsonException>(() => s_data.Get<int[]>("list"));
    }

    [Fact]
    public async Task AFieldOfAnotherKindIsNamedAndItsValueIsNot()
    {
        var host = new SessionHost();
        var exchange = host.Request(await host.SignInAsync("alice", new() { ["theme"] = "a secret" }));
        var read = (await exchange.Session.GetAsync())!;
        JsonException[] faults =
        [
            Assert.Throws<JsonException>(() => read.Get<int>("theme")),
            await Assert.ThrowsAsync<JsonException>(() => exchange.Session.ModifyAsync<int>("theme", n => n + 1).AsTask()),
        ];

        Assert.All(faults, fault =>
        {
            Assert.Contains("'theme'", fault.Message, StringComparison.Ordinal);
            Assert.Contains("System.Int32", fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("a secret", fault.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void AsReadsAllFieldsAsOneObject()
    {
        var all = s_data.As<All>();

        Assert.Equal(("x", 7, 2), (all.Text, all.Number, all.List.Count));
        Assert.Equal("y", s_data.As<JsonObject>()["object"]?["inner"]?.GetValue<string>());
        Assert.Throws<JsonException>(() => s_data.As<Dictionary<string, int>>());
    }

    [Fact]
    public void OnlyASignedInSessionHasAUserId()
    {
        var pending = Data(SessionState.Pending, "alice");
        var anonymous = Data(SessionState.Anonymous, null);

        Assert.Equal("alice", s_data.UserId);
        Assert.Null(s_data.PendingUserId);
        Assert.Throws<InvalidOperationException>(() => pending.UserId);
        Assert.Equal("alice", pending.PendingUserId);
        Assert.Throws<InvalidOperationException>(() => anonymous.UserId);
        Assert.Null(anonymous.PendingUserId);
        Assert.False(pending.IsFresh(TimeSpan.FromDays(400)));
        Assert.False(anonymous.IsFresh(TimeSpan.FromDays(400)));
    }

    [Fact]
    public async Task FreshnessCountsFromTheSignInAndNotFromTheLastUse()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(30));
        var data = (await host.Request(id).Session.GetAsync())!;

        Assert.True(data.IsFresh(TimeSpan.FromMinutes(30)));
        Assert.False(data.IsFresh(TimeSpan.FromMinutes(30) - TimeSpan.FromMilliseconds(1)));

        // Freshness uses the current time and not the time of the read.
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(data.IsFresh(TimeSpan.FromMinutes(30)));
        Assert.Equal(host.Clock.Start, data.AuthenticatedAt);
        Assert.Equal(host.Clock.Start + TimeSpan.FromMinutes(30), data.LastSeenAt);
    }

    [Fact]
    public async Task ReservedFieldsAreHidden()
    {
        var host = new SessionHost();
        string id = await host.SignInAsync("alice", new() { ["a"] = 1 });
        var record = (await host.Memory.GetAsync(host.Memory.GetSessionKey(id)))!;
        await host.Memory.UpdateAsync(record, new SessionChange { Set = SessionFields.Create([new("$claims", "\"secret\""u8.ToArray())]) });

        var data = (await host.Request(id).Session.GetAsync())!;

        Assert.Equal(["a"], data.Fields.Select(field => field.Key));
        Assert.Null(data["$claims"]);
        Assert.Null(data.Get<string>("$claims"));
        Assert.DoesNotContain("claims", JsonSerializer.Serialize(data), StringComparison.Ordinal);
        Assert.DoesNotContain("claims", data.As<JsonObject>().ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ItsJsonContainsOnlyWhatAPageMayShow()
    {
        var data = Data(SessionState.SignedIn, "alice", SessionFields.Create([new("a", "1.0"u8.ToArray())]));
        string expected = $$"""
            {"userId":"alice","pendingUserId":null,"state":{{(int)SessionState.SignedIn}},"key":"{{data.Key}}","isCurrent":true,
            "assuranceLevel":0,"fields":{"a":1.0},"createdAt":"2030-01-01T00:00:00+00:00","authenticatedAt":null,
            "lastSeenAt":"2030-01-01T00:00:00+00:00","expiresAt":"2030-01-01T01:00:00+00:00","isPersistent":false,
            "signInClient":null,"lastSeenClient":null}
            """;

        Assert.Equal(expected.ReplaceLineEndings(""), JsonSerializer.Serialize(data, JsonSerializerOptions.Web));
    }

    [Fact]
    public void DataForTestsFollowsTheSameRules()
    {
        Assert.Equal(SessionState.SignedIn, s_data.State);
        Assert.True(s_data.IsCurrent);
        Assert.True(s_data.IsFresh(TimeSpan.FromHours(1)));
        Assert.Throws<ArgumentException>("userId", () => TestSessionData.SignedIn(""));
        Assert.Throws<ArgumentException>("fields", () => TestSessionData.SignedIn("alice", new() { ["$a"] = 1 }));
    }

    private static SessionData Data(SessionState state, string? userId, SessionFields? fields = null)
    {
        var host = new SessionHost();
        var (_, record) = host.Options.Services.Make(host.Memory, userId, SessionFields.Empty);
        return new SessionData(
            new SessionRecord
            {
                Key = record.Key,
                UserId = userId,
                State = state,
                LineageHash = record.LineageHash,
                CurrentHash = record.CurrentHash,
                CreatedAt = record.CreatedAt,
                LastSeenAt = record.LastSeenAt,
                Lifetimes = record.Lifetimes,
                Fields = fields ?? SessionFields.Empty,
            },
            host.Options.Services,
            isCurrent: true);
    }

#pragma warning disable IDE1006, CA1812 // The property has the name of the field.
    private sealed record Inner(string inner);
#pragma warning restore IDE1006, CA1812

    private sealed record All(string Text, int Number, List<string> List);
}
