using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Stores.Tests.OpenIdConnect;

/// <summary>A library sets delegates in a <c>PostConfigure</c> that runs after the package has replaced the events.</summary>
public sealed class EventsThatAreSetLate
{
    [Fact]
    public async Task AreCalledAfterThoseOfTheApplication()
    {
        var called = new List<string>();
        Task Note(string name)
        {
            called.Add(name);
            return Task.CompletedTask;
        }

        await using var provider = await TestProvider.StartAsync();
        await using var node = await TestNode.StartAsync(
            provider,
            new MemoryStore(),
            configure: o =>
            {
                o.Events.OnTokenValidated = _ => Note("validated");
                o.Events.OnRemoteSignOut = _ => Note("remote");
                o.Events.OnRedirectToIdentityProviderForSignOut = _ => Note("leaving");
            },
            services: services => services.PostConfigure<OpenIdConnectOptions>("OpenIdConnect", o =>
            {
                o.Events.OnTokenValidated = _ => Note("validated late");
                o.Events.OnRemoteSignOut = _ => Note("remote late");
                o.Events.OnRedirectToIdentityProviderForSignOut = _ => Note("leaving late");
            }));
        var browser = await TestBrowser.SignInAsync(node);
        await browser.VisitAsync(node, $"/signout-oidc?iss={Uri.EscapeDataString(provider.Issuer)}&sid=sid-1");
        await browser.VisitAsync(node, "/logout");

        Assert.Equal(["validated", "validated late", "remote", "remote late", "leaving", "leaving late"], called);
        Assert.Equal("", await browser.WhoAsync(node));
    }

    public static TheoryData<string> Others =>
    [
        nameof(OpenIdConnectEvents.AccessDenied),
        nameof(OpenIdConnectEvents.AuthenticationFailed),
        nameof(OpenIdConnectEvents.AuthorizationCodeReceived),
        nameof(OpenIdConnectEvents.MessageReceived),
        nameof(OpenIdConnectEvents.PushAuthorization),
        nameof(OpenIdConnectEvents.RedirectToIdentityProvider),
        nameof(OpenIdConnectEvents.RemoteFailure),
        nameof(OpenIdConnectEvents.SignedOutCallbackRedirect),
        nameof(OpenIdConnectEvents.TicketReceived),
        nameof(OpenIdConnectEvents.TokenResponseReceived),
        nameof(OpenIdConnectEvents.UserInformationReceived),
    ];

    [Theory]
    [MemberData(nameof(Others))]
    public async Task AreCalledForEachEvent(string name)
    {
        var called = new List<string>();
        var first = new OpenIdConnectEvents();
        var events = new ProviderEvents(_ => first);
        Set(first, name, () => called.Add("first"));
        Set(events, name, () => called.Add("late"));
        var method = typeof(OpenIdConnectEvents).GetMethod(name)!;
        object context = RuntimeHelpers.GetUninitializedObject(method.GetParameters()[0].ParameterType);

        await (Task)method.Invoke(events, [context])!;

        Assert.Equal(["first", "late"], called);
    }

    private static void Set(OpenIdConnectEvents events, string name, Action call)
    {
        var property = typeof(OpenIdConnectEvents).GetProperty("On" + name)!;
        var context = Expression.Parameter(property.PropertyType.GetGenericArguments()[0]);
        var body = Expression.Block(
            Expression.Invoke(Expression.Constant(call)),
            Expression.Constant(Task.CompletedTask));
        property.SetValue(events, Expression.Lambda(property.PropertyType, body, context).Compile());
    }
}
