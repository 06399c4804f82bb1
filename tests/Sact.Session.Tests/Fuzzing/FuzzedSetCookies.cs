using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Sact.Session.Tests.Fuzzing;

/// <summary>
/// What is sent in Set-Cookie, for cookie options, names and values of every kind. Two readers that share no code with the writer read it
/// back: one by the algorithm of browsers, and System.Net's CookieContainer. Each must find the value and the attributes, and no more.
/// </summary>
[Trait("seeds", "fuzzing")]
public sealed class FuzzedSetCookies
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_names = ["__Host-sid", "__Secure-sid", "sid", "SID", "a.b", "__Http-sid", "!#$%&'*+-.^_`|~0"];
    private static readonly string[] s_paths = ["/", "/app", "/app/", "/a=b", "/a b", "/%7E/", "/a,b", "/\"q\""];
    private static readonly string[] s_domains = ["example.test", ".example.test", "app.example.test", "EXAMPLE.test"];
    private static readonly string[] s_extensions = ["Partitioned", "Priority=High", "partitioned ", "x", "a=b=c", "SameParty"];

    private readonly MemoryStore _store = new(new MemoryStoreOptions { TimeProvider = new FakeTimeProvider(s_now) });

    [Fact]
    [Trait("abuse", "B1")]
    [Trait("abuse", "B2")]
    public Task AreReadAsTheyWereMeantOrRefused() =>
        FuzzRun.RunAsync("Set-Cookie", OneAsync, ["sent", "sent and deleted", "options refused", "cookie refused"]);

    private async ValueTask<string> OneAsync(SeededNumbers numbers)
    {
        var mutator = new Mutator(numbers);
        var options = Options(numbers, mutator);
        string[] broken = [.. SactSessionOptionsValidator.Validate(options)];
        var context = new DefaultHttpContext
        {
            Request = { Scheme = numbers.Percent(80) ? "https" : "http", Host = new HostString("app.example.test") },
        };
        if (broken.Length > 0)
        {
            Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(
                () => new Session<MemoryStore>(context.Request, context.Response, _store, options));
            return "options refused";
        }

        var session = new Session<MemoryStore>(context.Request, context.Response, _store, options);
        await session.SetAsync("alice");
        string own = options.Cookie.Name!;
        AssertSent(context, options, own, session.SessionId!, isDeleted: false, isPersistent: options.IsPersistent);

        string name = numbers.Percent(50) ? numbers.Of(s_names) : mutator.String("theme", own);
        string value = mutator.AnyString(5);
        bool isDeleted = numbers.Percent(25);
        string outcome = "sent";
        try
        {
            session.SetCustomCookie(name, value, unset: isDeleted);
            AssertSent(context, options, name, isDeleted ? "" : Uri.EscapeDataString(value), isDeleted, options.IsPersistent);
            if (!isDeleted)
            {
                context.Request.Headers.Cookie = $"{name}={Uri.EscapeDataString(value)}";
                Assert.Equal(value, session.GetCustomCookie(name));
            }
        }
        catch (ArgumentException refusal)
        {
            // Nothing of a refused cookie is sent, and the message repeats neither a value nor a broken name.
            Assert.True(
                name == own || !context.Response.Headers.SetCookie.Any(line => line!.StartsWith(name + "=", StringComparison.Ordinal)));
            Assert.True(value.Length < 12 || !refusal.Message.Contains(value, StringComparison.Ordinal));
            outcome = "cookie refused";
        }

        if (numbers.Percent(40))
        {
            await session.DeleteAsync();
            AssertSent(context, options, own, "", isDeleted: true, isPersistent: false);
            return outcome == "sent" ? "sent and deleted" : outcome;
        }

        return outcome;
    }

    private static SactSessionOptions Options(SeededNumbers numbers, Mutator mutator)
    {
        var options = new SactSessionOptions { TimeProvider = new FakeTimeProvider(s_now), IsPersistent = numbers.Percent(30) };
        var cookie = options.Cookie;
        if (numbers.Percent(60) && Drawn(s_names) is { Length: > 0 } name)
        {
            cookie.Name = name;
        }

        cookie.Path = numbers.Percent(40) ? Drawn(s_paths) : null;
        cookie.Domain = numbers.Percent(25) ? Drawn(s_domains) : null;
        cookie.SameSite = (SameSiteMode)(numbers.Below(4) - 1);
        cookie.SecurePolicy = numbers.Percent(60) ? CookieSecurePolicy.Always : (CookieSecurePolicy)numbers.Below(3);
        for (int i = numbers.Percent(30) ? 1 + numbers.Below(2) : 0; i > 0; i--)
        {
            cookie.Extensions.Add(Drawn(s_extensions));
        }

        return options;

        string Drawn(string[] valid) =>
            numbers.Percent(85) ? numbers.Of(valid) : mutator.String(numbers.Of(valid), numbers.Of(s_extensions));
    }

    private static void AssertSent(
        HttpContext context, SactSessionOptions options, string name, string value, bool isDeleted, bool isPersistent)
    {
        string line = Assert.Single(
            context.Response.Headers.SetCookie, line => line!.StartsWith(name + "=", StringComparison.Ordinal))!;
        Assert.All(line, static c => Assert.InRange(c, ' ', '~'));
        var read = ReceivedCookie.Read(line);
        Assert.Equal((name, value), (read?.Name, read?.Value));
        bool secure = options.Cookie.SecurePolicy == CookieSecurePolicy.Always
            || (options.Cookie.SecurePolicy == CookieSecurePolicy.SameAsRequest && context.Request.IsHttps);
        Assert.Equal(
            Meant(options, secure, isDeleted, isPersistent).Order(),
            read!.Attributes.Select(static attribute => $"{attribute.Name}={attribute.Value}").Order());
        AssertContained(context, options, line, name, value, secure, isDeleted);
    }

    /// <summary>The attributes that the options mean, each once.</summary>
    private static IEnumerable<string> Meant(SactSessionOptions options, bool secure, bool isDeleted, bool isPersistent)
    {
        var cookie = options.Cookie;
        yield return $"path={cookie.Path ?? "/"}";
        yield return "httponly=";
        if (cookie.Domain is { } domain)
        {
            yield return $"domain={domain}";
        }

        if (secure)
        {
            yield return "secure=";
        }

        if (cookie.SameSite != SameSiteMode.Unspecified)
        {
            yield return $"samesite={cookie.SameSite.ToString().ToLowerInvariant()}";
        }

        if (isDeleted)
        {
            yield return "max-age=0";
            yield return "expires=Thu, 01 Jan 1970 00:00:00 GMT";
        }
        else if (isPersistent)
        {
            yield return $"max-age={(long)options.AbsoluteTimeout.TotalSeconds}";
        }

        foreach (string extension in cookie.Extensions)
        {
            string[] pair = extension.Split('=', 2);
            yield return $"{pair[0].Trim().ToLowerInvariant()}={(pair.Length == 2 ? pair[1].Trim() : "")}";
        }
    }

    private static void AssertContained(
        HttpContext context, SactSessionOptions options, string line, string name, string value, bool secure, bool isDeleted)
    {
        // CookieContainer takes a comma for the end of a cookie, and knows "$" and quotes from older standards.
        if (line.Replace("Thu, 01", "Thu 01", StringComparison.Ordinal).Contains(',') || name.StartsWith('$') || line.Contains('"'))
        {
            return;
        }

        var container = new CookieContainer();
        var address = new Uri($"{context.Request.Scheme}://{context.Request.Host}{options.Cookie.Path}");
        try
        {
            container.SetCookies(address, line);
        }
        catch (CookieException)
        {
            // It refuses a domain or a path that does not fit the address, and so may a browser.
            return;
        }

        var all = container.GetAllCookies();
        if (isDeleted)
        {
            Assert.Empty(all);
        }
        else if (all.Count > 0)
        {
            var cookie = Assert.Single(all);
            Assert.Equal((name, value, secure, true), (cookie.Name, cookie.Value, cookie.Secure, cookie.HttpOnly));
            Assert.Equal(options.Cookie.Path ?? "/", cookie.Path);
        }
    }
}
