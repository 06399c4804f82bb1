using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Sact.Session;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps the signed-in users of ASP.NET Core Identity in sessions.</summary>
public static class SactSessionIdentityBuilderExtensions
{
    /// <summary>
    /// Keeps the signed-in users of ASP.NET Core Identity in the unnamed registration of sessions. The scheme
    /// <c>IdentityConstants.ApplicationScheme</c> takes the place of the application cookie and keeps its settings, such as those of
    /// <c>ConfigureApplicationCookie</c>.
    /// </summary>
    /// <param name="builder">The result of <c>AddDefaultIdentity</c>, <c>AddIdentity</c> or another method that adds Identity.</param>
    /// <param name="configure">Sets the options of the scheme; null for the defaults.</param>
    /// <returns>
    /// The builder of the registration, which chooses the store. Sessions are in memory unless one of its <c>Use…</c> methods is called.
    /// </returns>
    /// <remarks>
    /// <para>It is short for <c>builder.Services.AddSactSession()</c> and
    /// <c>builder.Services.AddAuthentication().AddSactSession(IdentityConstants.ApplicationScheme)</c>. An application that has these lines
    /// already may call it too. Options of the session are set with <c>builder.Services.AddSactSession(o => …)</c>, before or after.</para>
    /// <para>Call it last. A user manager that the application adds later takes the place of <see cref="SactUserManager{TUser}"/>.</para>
    /// <para>The application does not start if <see cref="SactSessionAuthenticationOptions.SessionName"/> names another registration,
    /// because the returned builder would choose the store of this one. The exception is an <see cref="InvalidOperationException"/>.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddDefaultIdentity&lt;IdentityUser>()
    ///     .AddEntityFrameworkStores&lt;ApplicationDbContext>()
    ///     .AddSactSession().UseEntityFrameworkStore&lt;ApplicationDbContext>();
    /// </code>
    /// </example>
    public static SactSessionBuilder AddSactSession(
        this IdentityBuilder builder, Action<SactSessionAuthenticationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return Add(builder, builder.Services.AddSactSession(), configure);
    }

    /// <summary>Keeps the signed-in users of ASP.NET Core Identity in a registration of sessions that has a name.</summary>
    /// <param name="builder">The result of <c>AddDefaultIdentity</c>, <c>AddIdentity</c> or another method that adds Identity.</param>
    /// <param name="name">
    /// The name of the registration, at least one character. It needs a cookie name that differs from the one of the unnamed registration.
    /// </param>
    /// <param name="configure">Sets the options of the scheme; null for the defaults.</param>
    /// <returns>The builder of that registration, which chooses its store.</returns>
    /// <exception cref="ArgumentNullException">The builder or the name is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddSactSession("staff", o => o.Cookie.Name = "__Host-staff");
    /// builder.Services.AddIdentity&lt;Employee, IdentityRole>().AddSactSession("staff").UseSqlite("Data Source=staff.db");
    /// </code>
    /// </example>
    public static SactSessionBuilder AddSactSession(
        this IdentityBuilder builder, string name, Action<SactSessionAuthenticationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return Add(builder, builder.Services.AddSactSession(name), configure);
    }

    private static SactSessionBuilder Add(
        IdentityBuilder identity, SactSessionBuilder sessions, Action<SactSessionAuthenticationOptions>? configure)
    {
        string? name = sessions.Name.Length == 0 ? null : sessions.Name;
        identity.Services.AddAuthentication().AddSactSession(IdentityConstants.ApplicationScheme, options =>
        {
            // A name that the application has set before is kept, and refused below.
            options.SessionName ??= name;
            configure?.Invoke(options);
        });
        identity.Services.AddOptions<SactSessionAuthenticationOptions>(IdentityConstants.ApplicationScheme)
            .Validate(options => options.SessionName == name ? true : throw OfAnotherName(options.SessionName, name));
        return sessions;
    }

    private static InvalidOperationException OfAnotherName(string? scheme, string? builder) => new(
        $"Scheme '{IdentityConstants.ApplicationScheme}' uses {Named(scheme)}, but AddSactSession() after AddIdentity() has "
        + $"returned the builder of {Named(builder)}, and its Use… method chooses the wrong store. Do not set SessionName. Pass the name "
        + "to AddSactSession(\"name\") instead, in one place.");

    private static string Named(string? name) =>
        name is null ? "the unnamed registration of sessions" : $"the registration of sessions '{name}'";
}
