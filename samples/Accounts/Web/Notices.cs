using Sact.Session;

namespace Accounts.Web;

/// <summary>
/// One sentence for the next page, in a cookie that nobody else can write. TempData would do as well, but its cookie provider sends a
/// cookie with every page that merely looks, this sends one only where there is something to say.
/// </summary>
internal sealed class Notices(ISactSession session)
{
    private const string Cookie = "__Host-notice";

    public void Leave(string sentence) => session.SetProtectedCookie(Cookie, sentence);

    /// <returns>Null if there is none.</returns>
    public string? Take()
    {
        string? sentence = session.GetProtectedCookie(Cookie);
        if (sentence is not null)
        {
            session.SetProtectedCookie(Cookie, null, unset: true);
        }

        return sentence;
    }
}
