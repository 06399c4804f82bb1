using System.Globalization;
using System.Net;
using Sact.Session;
using Sact.Session.Stores;

namespace Operations;

/// <summary>Signs in some users who do not exist, so that the dashboard has something to show.</summary>
internal static class DemoUsers
{
    private const int Count = 60;

    private static readonly string[] s_names = ["ada", "grace", "linus", "margaret", "dennis", "barbara", "ken", "radia"];

    private static readonly string[] s_browsers =
    [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ];

    /// <summary>Signs them in, unless the store has sessions already.</summary>
    public static async Task SignInAsync(IServiceProvider services)
    {
        if ((await services.GetRequiredService<ISessionAdministration>().CountAsync()).Total > 0)
        {
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            await using var scope = services.CreateAsyncScope();
            var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
            context.Request.Headers.UserAgent = s_browsers[i % s_browsers.Length];
            context.Connection.RemoteIpAddress = IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"203.0.113.{1 + (i % 20)}"));
            var session = context.GetSactSession();
            string user = $"{s_names[i % s_names.Length]}-{i}@example.com";
            if (i % 10 == 7)
            {
                await session.StartAsync();
            }
            else if (i % 12 == 5)
            {
                await session.SetPendingAsync(user);
            }
            else
            {
                await session.SetAsync(user);
            }
        }
    }
}
