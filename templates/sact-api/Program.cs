using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Sact.Session;
using SactApi;

var builder = WebApplication.CreateBuilder(args);

// The options are in the section Sessions of appsettings.json, and the file in ConnectionStrings. Another store changes this line:
// UsePostgreSql() and UseRedis() are in packages of their own.
builder.Services.AddSactSession(builder.Configuration.GetSection("Sessions")).UseSqlite();
builder.Services.AddAuthentication().AddSactSession();
builder.Services.AddAuthorization();
builder.Services.AddProblemDetails();
builder.Services.AddValidation();
builder.Services.AddSingleton<IPasswordHasher<User>, PasswordHasher<User>>();
builder.Services.AddSingleton(services => new Users(
    builder.Configuration.GetConnectionString("Sessions")!, services.GetRequiredService<IPasswordHasher<User>>()));

// Per address, so many passwords a minute, right or wrong. Behind a proxy call UseForwardedHeaders() first.
int passwordsPerMinute = builder.Configuration.GetValue("PasswordsPerMinute", 20);
builder.Services.AddRateLimiter(o =>
{
    o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
    o.AddPolicy("passwords", context => RateLimitPartition.GetFixedWindowLimiter(
        context.Connection.RemoteIpAddress ?? IPAddress.None,
        _ => new() { PermitLimit = passwordsPerMinute, Window = TimeSpan.FromMinutes(1) }));
});

var app = builder.Build();

// The store creates the file, so that only its owner may read it. The table of the users comes after it.
app.Services.GetRequiredService<IGenericStore>();
app.Services.GetRequiredService<Users>().CreateTable();
app.UseExceptionHandler();
app.UseHttpsRedirection();
app.UseSactSession();
app.UseAuthentication();
app.UseAuthorization();
app.UseRateLimiter();

app.MapPost("/register", async (Login login, Users users, HttpContext context) =>
    users.Add(login.Name, login.Password) is not { } user ? Results.Conflict()
    : await BeginAsync(context, users, user) ? Results.NoContent()
    : Results.Unauthorized()).RequireRateLimiting("passwords");

app.MapPost("/login", async (Login login, Users users, HttpContext context) =>
    users.Check(login.Name, login.Password) is { } user && await BeginAsync(context, users, user)
        ? Results.NoContent()
        : Results.Unauthorized()).RequireRateLimiting("passwords");

app.MapPost("/logout", async (HttpContext context) =>
{
    await context.SignOutAsync();
    return Results.NoContent();
});

app.MapGet("/me", (ClaimsPrincipal user) => new Me(user.FindFirstValue(ClaimTypes.NameIdentifier)!, user.Identity!.Name!))
    .RequireAuthorization();

app.MapPost("/password", async (NewPassword passwords, Users users, ISactSession session, HttpContext context) =>
{
    if (users.Find(context.User.FindFirstValue(ClaimTypes.NameIdentifier)!) is not { } me
        || users.Check(me.Name, passwords.Current) is not { } user)
    {
        return Results.Problem("That is not your password.", statusCode: StatusCodes.Status400BadRequest);
    }

    // It was changed elsewhere meanwhile, so this request has proved nothing.
    if (!users.ReplacePassword(user, passwords.Chosen))
    {
        await context.SignOutAsync();
        return Results.Unauthorized();
    }

    // Nobody can sign in with the old password any more. This session gets a new id, in case somebody knows the old one.
    await session.DeleteOtherSessionsAsync(renewCurrent: true);
    return Results.NoContent();
}).RequireAuthorization().RequireRateLimiting("passwords");

// GET lists the devices of the user, DELETE signs them out.
app.MapSactSessions("/sessions");
app.Run();

static async Task<bool> BeginAsync(HttpContext context, Users users, User user)
{
    var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user.Id), new Claim(ClaimTypes.Name, user.Name)], "password");
    await context.SignInAsync(new ClaimsPrincipal(identity));

    // A change of password ends the other sessions. This one began with the old password, and may be too late to be among them.
    if (users.Find(user.Id)?.PasswordHash == user.PasswordHash)
    {
        return true;
    }

    await context.SignOutAsync();
    return false;
}

public sealed record Login(
    [Required, StringLength(64)] string Name,
    [Required, StringLength(Users.MaxPasswordLength, MinimumLength = Users.MinPasswordLength)] string Password);

public sealed record NewPassword(
    [Required, StringLength(Users.MaxPasswordLength)] string Current,
    [Required, StringLength(Users.MaxPasswordLength, MinimumLength = Users.MinPasswordLength)] string Chosen);

public sealed record Me(string Id, string Name);
