using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Operations;
using Sact.Session;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
builder.Services.AddSactSession(o => o.CaptureClient = true).UseSqlite(builder.Configuration["sqlite"] ?? "Data Source=operations.db");
builder.Services.AddAuthentication().AddSactSession(o => o.LoginPath = "/");

// The dashboard does not start without a policy that limits it to administrators.
builder.Services.AddAuthorizationBuilder().AddPolicy("admins", policy => policy.RequireRole("admin"));
builder.Services.AddHealthChecks().AddSactSession();

var app = builder.Build();
app.UseSactSession();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/", () => Results.Content(StartPage.Html, "text/html; charset=utf-8"));

// A real application checks a password, and a second factor, first.
app.MapPost("/sign-in", async (HttpContext context) =>
{
    Claim[] claims = [new(ClaimTypes.NameIdentifier, "root"), new(ClaimTypes.Role, "admin")];
    await context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(claims, "demo")));
    return Results.Redirect("/admin/sessions");
});

// The two lines that this sample is about.
app.MapSactSessionDashboard("/admin/sessions").RequireAuthorization("admins");
app.MapHealthChecks("/health");

await app.StartAsync();
if (builder.Configuration.GetValue("demo", true))
{
    await DemoUsers.SignInAsync(app.Services);
}

Console.WriteLine($"Operations listens on {app.Urls.First()}. Open it, and sign in as the administrator.");
await app.WaitForShutdownAsync();
