using Sact.Session;
using Shop;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();

// The lines that this sample is about. "cache" and "db" are the names of resources in the app host.
builder.AddSactSessionRedis("cache");
builder.AddKeyedSactSessionPostgreSql("admin", connectionName: "db");
builder.Services.AddSactSession("admin", o => o.Cookie.Name = "__Host-admin");

var app = builder.Build();
app.UseSactSession();
app.MapDefaultEndpoints();

// A real application checks a password first.
app.MapPost("/login", async (Login login, ISactSession session) => await session.SetAsync(login.Name));
app.MapGet("/me", (ISactSession session) => UserOf(session));
app.MapPost("/logout", async (ISactSession session) => await session.DeleteAsync());

// Administrators have another cookie and another store, so the two sign-ins are independent.
app.MapPost("/admin/login", async (Login login, [FromKeyedServices("admin")] ISactSession session) => await session.SetAsync(login.Name));
app.MapGet("/admin/me", ([FromKeyedServices("admin")] ISactSession session) => UserOf(session));
app.Run();

// Each node has another number, and knows the same sessions.
static async Task<IResult> UserOf(ISactSession session) =>
    await session.GetAsync() is { } data ? Results.Ok(new { user = data.UserId, node = Environment.ProcessId }) : Results.Unauthorized();

internal sealed record Login(string Name);
