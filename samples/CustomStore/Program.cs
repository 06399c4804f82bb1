using CustomStore;
using Sact.Session;

// dotnet run --project samples/CustomStore --folder /tmp/sessions: sign in with curl, look into the folder, restart, and you are still
// signed in.
var builder = WebApplication.CreateBuilder(args);
string folder = builder.Configuration["folder"] ?? Path.Combine(builder.Environment.ContentRootPath, "sessions");
builder.Services.AddSactSession().UseFiles(options => options.Folder = folder);

var app = builder.Build();
app.UseSactSession();

app.MapPost("/login/{user}", async (string user, ISactSession session) =>
{
    await session.SetAsync(user);
    return TypedResults.NoContent();
});
app.MapGet("/me", async (ISactSession session) => await session.GetAsync() is { } me ? Results.Text(me.UserId) : Results.Unauthorized());
app.MapPost("/logout", async (ISactSession session) => await session.DeleteAsync());
app.MapGet("/", () => $"Sessions lie in {folder}. POST /login/alice, GET /me, POST /logout.");

await app.RunAsync();
