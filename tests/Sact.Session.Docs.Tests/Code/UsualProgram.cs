using System.Text;

namespace Sact.Session.Docs.Tests;

/// <summary>The program around a block that is not one itself: services, application or the body of a handler.</summary>
internal static class UsualProgram
{
    /// <summary>What blocks use of a reader's application.</summary>
    public const string Types = """
        using System.Security.Claims;
        using Microsoft.AspNetCore.Authentication;

        namespace Yours
        {
            public sealed record Login(string Name, string Password);

            public sealed record User(string Id, string Role);

            public static class Accounts
            {
                public static Task<User?> CheckPasswordAsync(Login login) =>
                    Task.FromResult(login.Password == "right" ? new User(login.Name, "admin") : null);
            }
        }
        """;

    /// <summary>What a web project imports by itself.</summary>
    public const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    /// <summary>What a part of a program may use besides.</summary>
    public const string Usings = """
        global using System.Net;
        global using System.Security.Claims;
        global using System.Text.Json;
        global using Microsoft.AspNetCore.Authentication;
        global using Microsoft.AspNetCore.Authentication.Cookies;
        global using Microsoft.AspNetCore.Authorization;
        global using Microsoft.AspNetCore.DataProtection;
        global using Microsoft.AspNetCore.HttpOverrides;
        global using Microsoft.AspNetCore.Identity;
        global using Sact.Session;
        global using Sact.Session.Stores;
        global using Sact.Session.Testing;
        global using Xunit;
        global using Yours;
        global using static Yours.Accounts;
        """;

    /// <summary>The requests for a block that names none.</summary>
    public static IReadOnlyList<TriedRequest> Requests(string code) => Kind(code) == BlockKind.Handler
        ? [TriedRequest.Parse("POST /login {\"name\":\"alice\",\"password\":\"right\"} => 204"), TriedRequest.Parse("POST /block => 204")]
        : [
            TriedRequest.Parse("GET /me => 401"),
            TriedRequest.Parse("POST /login {\"name\":\"alice\",\"password\":\"right\"} => 204"),
            TriedRequest.Parse("GET /me => 200 alice"),
        ];

    public static string Around(string code)
    {
        var kind = Kind(code);
        if (kind == BlockKind.Whole)
        {
            return code;
        }

        var program = new StringBuilder();
        void Add(bool when, string line)
        {
            if (when)
            {
                program.Append(line).Append('\n');
            }
        }

        int app = kind == BlockKind.Handler || code.Contains("builder.Build()", StringComparison.Ordinal) ? 0 : StartOfApp(code);
        string services = code[..app];
        bool Has(string part) => code.Contains(part, StringComparison.Ordinal);
        Add(true, "var builder = WebApplication.CreateBuilder(args);");
        Add(!Has(".AddSactSession("), "builder.Services.AddSactSession();");
        Add(Has("ProtectedCookie"), "builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();");
        Add(services.Length > 0, services);
        bool build = Has("builder.Build()");
        Add(!build, "var app = builder.Build();");
        Add(build, code[app..]);
        Add(!Has("app.UseSactSession()"), "app.UseSactSession();");
        Add(!Has("MapPost(\"/login\""), """
            app.MapPost("/login", async (Login login, ISactSession session) =>
            {
                if (await CheckPasswordAsync(login) is not { } user)
                {
                    return Results.Unauthorized();
                }

                await session.SetAsync(user.Id, new() { ["role"] = user.Role });
                return Results.NoContent();
            });
            """);
        Add(!Has("MapGet(\"/me\""), """
            app.MapGet("/me", async (ISactSession session) =>
                await session.GetAsync() is { } data ? Results.Ok(data.UserId) : Results.Unauthorized());
            """);
        Add(kind == BlockKind.Application && !build, code[app..]);
        Add(kind == BlockKind.Handler, $$"""
            app.MapPost("/block", async (HttpContext context, ISactSession session, IGenericStore store) =>
            {
            {{code}}
                await Task.CompletedTask;
                return Results.NoContent();
            });
            """);
        // Types come last in a program. Such a block has "app.Run();" before them.
        Add(!Has("app.Run();"), "app.Run();");
        return program.ToString();
    }

    // Services come first. A line that begins with "app." begins the application.
    private static int StartOfApp(string code)
    {
        int start = 0;
        foreach (string line in code.Split('\n'))
        {
            if (line.StartsWith("app.", StringComparison.Ordinal))
            {
                return start;
            }

            start += line.Length + 1;
        }

        return code.Length;
    }

    private static BlockKind Kind(string code) =>
        code.Contains("WebApplication.Create", StringComparison.Ordinal) ? BlockKind.Whole
        : code.Split('\n').Any(line => line.StartsWith("app.", StringComparison.Ordinal)
            || line.StartsWith("builder.", StringComparison.Ordinal)
            || line.StartsWith("var app", StringComparison.Ordinal)) ? BlockKind.Application
        : BlockKind.Handler;

    private enum BlockKind
    {
        Whole,
        Application,
        Handler,
    }
}
