using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Sact.Session.Benchmarks;

/// <summary>What a request does.</summary>
internal enum Scenario
{
    /// <summary>A valid cookie; the endpoint does not ask and completes at once.</summary>
    Untouched,

    /// <summary>The same, and the endpoint gives its thread up once.</summary>
    UntouchedYielding,

    /// <summary>Who is signed in, and three fields.</summary>
    Read,

    /// <summary>The same, the session taken from the request's services as an injected one is.</summary>
    ReadInjected,

    /// <summary>Who is signed in, and a field of 1 KB.</summary>
    ReadLarge,

    /// <summary>One field gets a new value.</summary>
    Update,

    /// <summary>Who and three fields.</summary>
    SignIn,

    /// <summary>Everything goes, the cookie too.</summary>
    SignOut,

    /// <summary>The user's ten sessions.</summary>
    List,

    /// <summary>No cookie; the endpoint asks who is signed in.</summary>
    Cookieless,

    /// <summary>A cookie of another shape; the endpoint asks.</summary>
    Malformed,

    /// <summary>A cookie of the right shape that nobody issued; the endpoint asks.</summary>
    Forged,
}

/// <summary>A way to keep track of who is signed in, with the endpoints that do one thing each by it.</summary>
internal abstract class Contender
{
    public const string Name1 = "name";
    public const string Name2 = "role";
    public const string Name3 = "theme";
    public const string Large = "large";

    /// <summary>A text of 1 KB.</summary>
    public static readonly string Kilobyte = new('x', 1024);

    /// <summary>What the bare pipeline does too.</summary>
    private static readonly RequestDelegate s_nothing = static _ => Task.CompletedTask;
    private static readonly RequestDelegate s_yield = static async _ => await Task.Yield();

    public abstract string Name { get; }

    /// <summary>A cookie of the right shape that nobody issued.</summary>
    public virtual string? Forgery(string issued) => null;

    /// <summary>A cookie of another shape.</summary>
    public virtual string? Malformation(string issued) => issued[..(issued.IndexOf('=', StringComparison.Ordinal) + 1)] + "no-such-thing";

    public abstract void Register(IServiceCollection services);

    public abstract void Use(IApplicationBuilder app);

    /// <summary>The endpoint of a scenario; null if it is not in this contender's repertoire.</summary>
    public RequestDelegate? Endpoint(Scenario scenario) => scenario switch
    {
        Scenario.Untouched => s_nothing,
        Scenario.UntouchedYielding => s_yield,
        Scenario.Cookieless or Scenario.Malformed or Scenario.Forged => Asking(Scenario.Read),
        _ => Asking(scenario),
    };

    protected abstract RequestDelegate? Asking(Scenario scenario);

    /// <summary>What was read must have been there: a measure of failures would be a fine one.</summary>
    protected static void Use(HttpContext context, string? user, string? first, string? second, string? third)
    {
        if (user is null)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
        else if (first is null || second is null || third is null)
        {
            throw new InvalidOperationException("A session lacks its fields.");
        }
    }
}

/// <summary>The pipeline with nothing in it.</summary>
internal sealed class BareContender : Contender
{
    public override string Name => "bare";

    public override void Register(IServiceCollection services)
    {
    }

    public override void Use(IApplicationBuilder app)
    {
    }

    protected override RequestDelegate? Asking(Scenario scenario) => static _ => Task.CompletedTask;
}
