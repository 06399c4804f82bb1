namespace Sact.Session.Scoreboard;

/// <summary>Every contender: this library over each store, and its peers.</summary>
internal static class AllContenders
{
    public static SactContender Memory { get; } = new("memory", LocalStores.MemoryAsync);

    public static SactContender Sqlite { get; } = new("SQLite", LocalStores.SqliteAsync);

    public static AddSessionContender AddSession { get; } = new(commits: false);

    public static IReadOnlyList<Contender> List { get; } =
    [
        Memory,
        Sqlite,
        new SactContender("PostgreSQL", ServerStores.PostgreSqlAsync),
        new SactContender("Redis", ServerStores.RedisAsync),
        new SactContender("Redis Cluster", ServerStores.RedisClusterAsync),
        new SactContender("EF Core", LocalStores.EntityFrameworkAsync),
        AddSession,
        new AddSessionContender(commits: true),
        new CookieContender(hasStore: false),
        new CookieContender(hasStore: true),
        new NodeContender(
            "express-session, defaults",
            "express-session",
            "`session({ secret })` with the defaults of the package and its memory store, no new id at a sign-in, and "
                + "`destroy()` to sign out.",
            ("MODE", "defaults")),
        new NodeContender(
            "express-session, memory",
            "express-session",
            "The README: the example \"User login\" with `regenerate`, `resave` and `saveUninitialized` off, a cookie that "
                + "is Secure and Lax."),
        new RedisPeerContender(new NodeContender(
            "express-session, connect-redis", "express-session", "The same over connect-redis and a private Redis.")),
        new NodeContender(
            "passport 0.5.2",
            "passport",
            "passport over express-session, in the last version before the fix of CVE-2022-25896: it shows that the cases can fail.",
            ("PACKAGE", "passport-before")),
        new NodeContender("passport", "passport", "The current passport over express-session, as the README of each has it."),
        new NodeContender(
            "@fastify/session",
            "fastify-session",
            "The README, with its memory store, `regenerate()` at a sign-in, `saveUninitialized` off, a cookie that is Lax."),
        new NodeContender(
            "koa-session",
            "koa-session",
            "The README, with an external store of its three methods, `regenerate()` at a sign-in, a cookie that is Secure and Lax."),
        new NodeContender(
            "hono-sessions",
            "hono-sessions",
            "The README, with its memory store, an encryption key, and the rotation of the key at a sign-in."),
        new NodeContender("cookie-session", "cookie-session", "The README: the session in a signed cookie that is Secure and Lax."),
        new NodeContender("iron-session", "iron-session", "The README: the session in a sealed cookie, with the default lifetime."),
        new NodeContender(
            "better-auth",
            "better-auth",
            "The documentation: email and password, sessions in a database (its memory adapter), all options of sessions at "
                + "their defaults."),
        new NodeContender(
            "better-auth, cookie cache",
            "better-auth",
            "The same with `session.cookieCache`, which the documentation offers for speed, for five minutes.",
            ("CACHE", "cookie")),
    ];
}
