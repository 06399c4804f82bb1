namespace Sact.Session.Scoreboard;

/// <summary>A store that is down. Each call of it fails at once until the scoreboard repairs it.</summary>
internal static class FaultCases
{
    private static readonly Reference s_swallowed = Reference.GitHub("aspnet/Session", 165);

    public static IReadOnlyList<Case> List { get; } =
    [
        Of(
            "outage-signs-out",
            "While the store is down a user counts as nobody",
            [Reference.GitHub("aspnet/Session", 99), Reference.GitHub("aspnet/Session", 113)],
            "The store fails. A user who is signed in sends a request. An answer below 500 is a failure.",
            ReadAsync),
        Of(
            "outage-drops-writes",
            "A write succeeds while the store is down, and is lost",
            [s_swallowed],
            "The store fails after the request has read its session. The request writes and answers 200. "
                + "The value is read after the repair.",
            WriteAsync),
        Of(
            "outage-drops-sign-in",
            "A sign-in succeeds while the store is down, and is lost",
            [s_swallowed],
            "The store fails. A user signs in, and the answer is 200. After the repair the browser sends a request.",
            SignInAsync),
        Of(
            "outage-drops-sign-out",
            "A sign-out succeeds while the store is down, and is lost",
            [s_swallowed, Reference.GitHub("dotnet/aspnetcore", 7737)],
            "The store fails. The user signs out, and the answer is 200. After the repair a copy of the cookies is sent.",
            SignOutAsync),
    ];

    private static Case Of(string id, string title, Reference[] references, string steps, Func<Application, Task<Finding>> play) =>
        new(id, title, references, steps, async app =>
        {
            try
            {
                return await play(app);
            }
            finally
            {
                await app.BreakStoreAsync(false);
            }
        })
        {
            NeedsFaults = true,
        };

    private static async Task<Finding> ReadAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        await app.BreakStoreAsync(true);
        var reply = await browser.GetAsync("/me");
        return Finding.FailsIf(reply.Status < 500, $"the answer is {reply.Status}");
    }

    private static async Task<Finding> WriteAsync(Application app)
    {
        var browser = await app.SignInAsync(Application.New("alice"));
        string gate = Application.New("gate");
        var write = browser.SetAsync("cart", "kept", gate);
        await app.HoldAsync(gate, write);
        await BreakAsync(app, gate);
        await app.OpenAsync(gate);
        int status = await StatusAsync(write);
        await app.BreakStoreAsync(false);
        return Finding.FailsIf(status == 200 && await browser.ReadAsync("cart") != "kept", "the answer is 200, and the value is lost");
    }

    private static async Task<Finding> SignInAsync(Application app)
    {
        string user = Application.New("alice");
        await app.SignInAsync(user);
        var browser = app.NewBrowser();
        await app.BreakStoreAsync(true);
        int status = await StatusAsync(browser.PostAsync("/login", ("user", user)));
        await app.BreakStoreAsync(false);
        return Finding.FailsIf(status == 200 && await browser.WhoAsync() != user, "the answer is 200, and nobody is signed in");
    }

    private static async Task<Finding> SignOutAsync(Application app)
    {
        string user = Application.New("alice");
        var browser = await app.SignInAsync(user);
        var copy = browser.Copy();
        await app.BreakStoreAsync(true);
        int status = await StatusAsync(browser.PostAsync("/logout"));
        await app.BreakStoreAsync(false);
        return Finding.FailsIf(status == 200 && await copy.WhoAsync() == user, "the answer is 200, and the session lives");
    }

    /// <summary>A contender without a store has nothing to break, and its held request must end all the same.</summary>
    private static async Task BreakAsync(Application app, string gate)
    {
        try
        {
            await app.BreakStoreAsync(true);
        }
        catch (NotApplicableException)
        {
            await app.OpenAsync(gate);
            throw;
        }
    }

    /// <summary>The status; 599 for a connection that broke, which is no success either.</summary>
    private static async Task<int> StatusAsync(Task<Reply> reply)
    {
        try
        {
            return (await reply).Status;
        }
        catch (HttpRequestException)
        {
            return 599;
        }
    }
}
