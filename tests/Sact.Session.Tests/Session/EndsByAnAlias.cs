namespace Sact.Session.Tests;

/// <summary>Sessions that end by another name: that of the session at an identity provider.</summary>
[Trait("abuse", "K31")]
public sealed class EndsByAnAlias : IDisposable
{
    private const string One = "$alias:one";
    private const string Two = "$alias:two";

    private readonly SessionHost _host = new();

    private SessionServices Services => _host.Options.Services;

    [Fact]
    public async Task AreCountedAndReportedAndLeaveNoAlias()
    {
        var key = await SignInAsync("alice", One);
        var other = await SignInAsync("bob", One);

        Assert.Equal(2, await EndAsync(new AliasToEnd(One)));

        Assert.Null(await _host.Memory.GetAsync(key));
        Assert.Null(await _host.Memory.GetAsync(other));
        Assert.Empty(await AliasesAsync(One));
        Assert.Equal(
            [$"Session {key} ended: identity_provider.", $"Session {other} ended: identity_provider."],
            _host.Events.Where(static logged => logged.Id.Id == 8).Select(static logged => logged.Message).Order(StringComparer.Ordinal)
                .OrderBy(message => message.Contains(other.ToString(), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task SpareASessionWithAnotherNameWhereTheNameMustBeTheOnlyOne()
    {
        var both = await SignInAsync("alice", One, Two);
        var alone = await SignInAsync("alice", One);

        Assert.Equal(1, await EndAsync(new AliasToEnd(One, Alone: true)));

        Assert.NotNull(await _host.Memory.GetAsync(both));
        Assert.Null(await _host.Memory.GetAsync(alone));
        Assert.Single(await AliasesAsync(One));
        Assert.Single(await AliasesAsync(Two));
    }

    /// <summary>The alias leads to a session that no longer has the name.</summary>
    [Fact]
    public async Task SpareASessionThatNoLongerHasTheName()
    {
        var key = await SignInAsync("alice", One);
        var session = (await _host.Memory.GetAsync(key))!;
        await _host.Memory.UpdateAsync(session, new SessionChange { Set = SessionAliases.FieldOf([Two]) });

        Assert.Equal(0, await EndAsync(new AliasToEnd(One)));

        Assert.NotNull(await _host.Memory.GetAsync(key));
        Assert.Empty(await AliasesAsync(One));
        Assert.Equal(0, _host.EventCount(8));
    }

    /// <summary>A sign-in writes the alias first and the session after it.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 1)]
    [InlineData(11, 0)]
    public async Task KeepTheAliasOfASignInThatMayBeUnderWay(int minutes, int left)
    {
        var key = await SignInAsync("alice", One);
        await _host.Memory.DeleteAsync((await _host.Memory.GetAsync(key))!);
        _host.Clock.Advance(TimeSpan.FromMinutes(minutes));

        Assert.Equal(0, await EndAsync(new AliasToEnd(One)));

        Assert.Equal(left, (await AliasesAsync(One)).Count);
    }

    [Fact]
    public async Task GoOnAfterASessionThatCannotBeReadAndThenReportTheFirstFault()
    {
        var broken = await SignInAsync("alice", One);
        var well = await SignInAsync("bob", One);
        var brokenToo = await SignInAsync("carol", Two);
        _host.Store.Substitute = (key, record) => key == broken ? throw new SessionStoreException("the first fault")
            : key == brokenToo ? throw new SessionStoreException("the second fault")
            : record;

        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => EndAsync(new AliasToEnd(One), new AliasToEnd(Two)));

        Assert.Contains("the first fault", fault.ToString());
        Assert.Null(await _host.Memory.GetAsync(well));
        Assert.Single(await AliasesAsync(One));
    }

    /// <summary>Each further session would wait as long for the store.</summary>
    [Fact]
    public async Task StopAtATimeOut()
    {
        await SignInAsync("alice", One);
        await SignInAsync("bob", One);
        int reads = 0;
        _host.Store.Substitute = (_, _) =>
        {
            reads++;
            throw new SessionStoreException("too late", new TimeoutException());
        };

        await Assert.ThrowsAsync<SessionStoreException>(() => EndAsync(new AliasToEnd(One)));

        Assert.Equal(1, reads);
    }

    /// <summary>A step-up may lengthen the session up to what the options allow, and its alias must not expire before.</summary>
    [Fact]
    public async Task FindASessionForAsLongAsItCanLive()
    {
        var session = await SignInAsync("alice", One);

        var alias = Assert.Single(await AliasesAsync(One));

        Assert.Equal(TimeSpan.FromHours(1), (await _host.Memory.GetAsync(session))!.Lifetimes.AbsoluteTimeout);
        Assert.Equal(alias.CreatedAt + _host.Options.AbsoluteTimeout, alias.ExpiresAt);
    }

    public void Dispose() => ((IDisposable)_host).Dispose();

    private async Task<SessionKey> SignInAsync(string user, params string[] names)
    {
        var session = _host.Request().NewRequestSession();
        var hour = TimeSpan.FromHours(1);
        var terms = Services.Settings.SignInTerms with { Lifetimes = new SessionLifetimes(hour, hour, hour) };
        await session.Start.SignInAsync(user, SessionAliases.FieldOf(names), terms, CancellationToken.None);
        return session.State.Session!.Key;
    }

    private async Task<int> EndAsync(params AliasToEnd[] names) => await SessionAliases.EndAsync(
        new StoreClient(_host.Store, Services, null), Services, names, SessionEndReason.IdentityProvider);

    private async Task<List<SessionRecord>> AliasesAsync(string name) =>
        await _host.Memory.GetActiveSessionsAsync(name, TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);
}
