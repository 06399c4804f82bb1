using System.Security.Claims;
using Chat;
using Chat.Components;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Sact.Session;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

// Two processes over one store are two nodes: end a session on one, and its connections on the other close.
var sessions = builder.Services.AddSactSession(o => o.CaptureClient = true);
if (builder.Configuration["redis"] is { } redis)
{
    sessions.UseRedis(redis);
}
else
{
    sessions.UseSqlite(builder.Configuration["sqlite"] ?? "Data Source=chat.db");
}

builder.Services.AddAuthentication().AddSactSession(o => o.LoginPath = "/");
builder.Services.AddAuthorization();
builder.Services.AddSignalR();
builder.Services.AddRazorComponents().AddInteractiveServerComponents();

// A Blazor circuit keeps its user for hours. This makes the user nobody when the session ends.
builder.Services.AddCascadingAuthenticationState().AddSactSessionAuthenticationState();

var app = builder.Build();
app.UseSactSession();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();
app.MapStaticAssets().DisableSactSession();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode();

// The one line that this sample is about.
app.MapHub<ChatHub>("/hub").RequireAuthorization().CloseWhenSessionEnds();

// A real application checks a password first.
app.MapPost("/sign-in", async ([FromForm] string name, HttpContext context) =>
{
    string user = name.Trim();
    if (user.Length is 0 or > 40)
    {
        return Results.Redirect("/");
    }

    Claim[] claims = [new(ClaimTypes.NameIdentifier, user.ToLowerInvariant()), new(ClaimTypes.Name, user)];
    await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(claims, "name")));
    return Results.Redirect("/chat");
});
app.MapPost("/sign-out", async ([FromForm] string? everywhere, ISactSession session) =>
{
    if (everywhere is null)
    {
        await session.DeleteAsync();
    }
    else
    {
        await session.DeleteAllSessionsAsync();
    }

    return Results.Redirect("/");
});

await app.StartAsync();
Console.WriteLine($"Chat listens on {app.Urls.First()}. Start it again with another --urls, and sign in at both.");
await app.WaitForShutdownAsync();
