using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Tests;

/// <summary>Every caller in a request gets the same session object. Another request gets another object.</summary>
public sealed class OneSessionPerRequest
{
    [Fact]
    public async Task IsReturnedByEveryWayToGetIt()
    {
        await using var app = new TestApp(services => services.AddSactSession());
        var context = app.Request();
        using var child = context.RequestServices.CreateScope();
        using var grandchild = child.ServiceProvider.CreateScope();

        object first = context.GetSactSession();

        Assert.All(
            new object[]
            {
                context.GetSactSession<MemoryStore>(), context.GetSactSession<IGenericStore>(),
                context.RequestServices.GetRequiredService<ISession<IGenericStore>>(),
                context.RequestServices.GetRequiredService<ISession<MemoryStore>>(),
                context.RequestServices.GetRequiredService<Session<MemoryStore>>(),
                child.ServiceProvider.GetRequiredService<ISession<IGenericStore>>(),
                grandchild.ServiceProvider.GetRequiredService<Session<MemoryStore>>(),
            },
            session => Assert.Same(first, session));
        Assert.NotSame(first, app.Request().GetSactSession());
    }

    /// <summary>The first two requests of an application find no store yet. Each of them must keep the session that it received.</summary>
    [Fact]
    public async Task StaysTheSameWhereTwoFirstRequestsMeet()
    {
        using var creating = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        await using var app = new TestApp(services => services.AddSactSession().UseStore(_ =>
        {
            creating.Set();
            release.Wait(TimeSpan.FromSeconds(30));
            return new MemoryStore();
        }));
        HttpContext[] requests = [app.Request(), app.Request()];
        object?[] received = new object?[2];
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(i => new Thread(() => received[i] = requests[i].GetSactSession()))];

        threads[0].Start();
        Assert.True(creating.Wait(TimeSpan.FromSeconds(30)));
        threads[1].Start();
        Assert.True(SpinWait.SpinUntil(() => threads[1].ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30)));
        release.Set();
        Array.ForEach(threads, static thread => thread.Join());

        Assert.Same(received[0], requests[0].GetSactSession());
        Assert.Same(received[1], requests[1].GetSactSession());
        Assert.NotSame(received[0], received[1]);
    }

    [Fact]
    public async Task IsReturnedToParallelCallers()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession();
            services.AddSactSession<ApplicationStore>("staff", options => options.Cookie.Name = "__Host-staff");
        });
        for (int round = 0; round < 20; round++)
        {
            var context = app.Request();
            using var start = new Barrier(5);
            var users = new ConcurrentBag<object>();
            var staff = new ConcurrentBag<object>();

            // Threads, not tasks, so that all five wait at the barrier at the same time. Each makes ten calls.
            var threads = Enumerable.Range(0, 5).Select(_ => new Thread(() =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(30));
                for (int i = 0; i < 10; i++)
                {
                    users.Add(i % 2 == 0 ? context.GetSactSession() : context.GetSactSession<MemoryStore>());
                    staff.Add(context.GetSactSession<ApplicationStore>("staff"));
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());

            Assert.Equal((50, 50), (users.Count, staff.Count));
            Assert.Single(users.Distinct());
            Assert.Single(staff.Distinct());
        }
    }

    /// <summary>
    /// An HttpContext is not thread-safe, and two sessions of one request share no lock. So they must not use it at the same time.
    /// </summary>
    [Fact]
    public async Task TwoRegistrationsCanBeUsedByParallelThreads()
    {
        await using var app = new TestApp(services =>
        {
            services.AddSactSession();
            services.AddSactSession<ApplicationStore>("staff", options => options.Cookie.Name = "__Host-staff");
        });
        for (int round = 0; round < 200; round++)
        {
            var context = app.Request();
            context.Request.Headers.Cookie = $"__Host-sid={new string('A', 56)}; __Host-staff={new string('B', 56)}";
            using var start = new Barrier(4);
            var faults = new ConcurrentBag<Exception>();
            var threads = Enumerable.Range(0, 4).Select(thread => new Thread(() =>
            {
                start.SignalAndWait(TimeSpan.FromSeconds(30));
                try
                {
                    ISession<IGenericStore> session = thread % 2 == 0
                        ? context.GetSactSession()
                        : context.GetSactSession<ApplicationStore>("staff");
                    session.SetCustomCookie("theme-" + thread, "dark");
                    Assert.Null(session.GetAsync().AsTask().GetAwaiter().GetResult());
                    session.StartAsync().AsTask().GetAwaiter().GetResult();
                }
                catch (Exception fault)
                {
                    faults.Add(fault);
                }
            })).ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(thread => thread.Join());

            Assert.Empty(faults);
            Assert.Equal(
                ["__Host-sid", "__Host-staff", "theme-0", "theme-1", "theme-2", "theme-3"],
                context.Response.Headers.SetCookie.Select(line => line![..line!.IndexOf('=', StringComparison.Ordinal)])
                    .Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task GettingItCostsNoStoreCall()
    {
        await using var app = new TestApp(services => services.AddSactSession().UseStore(_ => new ProbeStore(new MemoryStore())));
        var context = app.Request();
        context.Request.Headers.Cookie = "__Host-sid=" + new string('A', 56);

        var session = (Session<ProbeStore>)context.GetSactSession();

        Assert.Empty(session.Store.Calls);
        Assert.Null(session.SessionId);
    }

    [Fact]
    public async Task OutsideARequestTheExceptionSaysWhatToDo()
    {
        // A hub's scope and background work have services, but no HttpContext.
        await using var app = new TestApp(services => services.AddSactSession());
        using var scope = app.Services.CreateScope();

        foreach (var type in new[] { typeof(ISession<IGenericStore>), typeof(ISession<MemoryStore>), typeof(Session<MemoryStore>) })
        {
            var fault = Assert.Throws<InvalidOperationException>(() => scope.ServiceProvider.GetRequiredService(type));
            Assert.Contains("Context.GetHttpContext()!.GetSactSession()", fault.Message, StringComparison.Ordinal);
        }

        Assert.NotNull(scope.ServiceProvider.GetRequiredService<IGenericStore>());
    }

    [Fact]
    public async Task WithoutTheMiddlewareTheExceptionSaysWhatToCall()
    {
        await using var app = new TestApp(services => services.AddSactSession(), withMiddleware: false);
        var context = app.Request();

        Assert.Contains(
            "app.UseSactSession()",
            Assert.Throws<InvalidOperationException>(() => context.GetSactSession()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "app.UseSactSession()",
            Assert.Throws<InvalidOperationException>(() => context.RequestServices.GetRequiredService<ISession<IGenericStore>>()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutTheRegistrationTheExceptionSaysWhatToCall()
    {
        Assert.Contains(
            "AddSactSession()",
            Assert.Throws<InvalidOperationException>(() => new TestApp(_ => { })).Message,
            StringComparison.Ordinal);

        await using var app = new TestApp(services => services.AddHttpContextAccessor(), withMiddleware: false);
        Assert.Contains(
            "AddSactSession()",
            Assert.Throws<InvalidOperationException>(() => app.Request().GetSactSession()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "AddSactSession()",
            Assert.Throws<InvalidOperationException>(() => new DefaultHttpContext().GetSactSession()).Message,
            StringComparison.Ordinal);
    }
}
