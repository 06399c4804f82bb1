namespace Operations;

/// <summary>The page with the button that signs in.</summary>
internal static class StartPage
{
    public const string Html = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <title>Operations</title>
        </head>
        <body>
          <main>
            <h1>Operations</h1>
            <p>A demonstration of the session dashboard. A real application would check a password here.</p>
            <form method="post" action="/sign-in"><button>Sign in as the administrator</button></form>
            <p><a href="/health">Health of the session store</a></p>
          </main>
        </body>
        </html>
        """;
}
