using BlazorServer;
using BlazorServer.Components;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseStaticWebAssets();
builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);

// The devices page shows the browser of each session: CaptureClient keeps it.
builder.Services.AddSactSession(o => o.CaptureClient = true).UseSqlite(builder.Configuration["sqlite"] ?? "Data Source=blazor-server.db");
builder.Services.AddAuthentication().AddSactSession(o => o.LoginPath = "/sign-in");
builder.Services.AddAuthorization();
builder.Services.AddRazorComponents().AddInteractiveServerComponents();

// The line that this sample is about: a circuit loses its user when the session ends. It comes after the components.
builder.Services.AddCascadingAuthenticationState().AddSactSessionAuthenticationState();

builder.Services.AddSingleton<DemoUsers>();
builder.Services.AddSingleton<Orders>().AddHostedService(services => services.GetRequiredService<Orders>());

var app = builder.Build();
app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
app.UseSactSession();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();
app.MapStaticAssets().DisableSactSession();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode();

await app.StartAsync();
Console.WriteLine($"BlazorServer listens on {app.Urls.First()}. Open it in two browsers, and sign in as alice in both.");
await app.WaitForShutdownAsync();
