using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Sact.Session;

/// <summary>The cookies that a session writes when the application calls for it: its own once more, custom ones, protected ones.</summary>
internal readonly struct SessionCookies(RequestSession session)
{
    /// <summary>Sends the cookie of a session.</summary>
    public void Send(string id, SessionRecord record) =>
        session.Services.Cookies.Write(session.Request, id, record.IsPersistent ? record.AbsoluteDeadline - session.Now : null);

    /// <summary>Sends the session's cookie once more.</summary>
    public void SendAgain()
    {
        session.MarkUsed();
        session.Request.ThrowIfStarted();
        if (session.State.NewestId is not { } id || session.Record is not { } record)
        {
            throw new InvalidOperationException(
                "No session id was verified or issued in this request, and an id that only the client vouches for is not sent back. "
                + "Call GetAsync, SetAsync or StartAsync first.");
        }

        // An older id must not overwrite the newer one that the client has or is about to receive: the client would be signed out after the
        // grace.
        var verdict = SecretRule.Evaluate(id, record, session.Now, session.Settings.RenewalGrace, session.Settings.ReplayMargin);
        if (verdict == SecretVerdict.Pending || (verdict == SecretVerdict.Current && record.PendingHash is null))
        {
            Send(id, record);
        }
    }

    /// <summary>Deletes the session's cookie and leaves the session as it is.</summary>
    public void Delete()
    {
        session.MarkUsed();
        session.Request.ThrowIfStarted();
        session.Services.Cookies.Delete(session.Request);
    }

    public void SetCustom(string name, string? value, bool unset)
    {
        session.Request.ThrowIfEnded();
        if (unset)
        {
            session.Services.Cookies.DeleteCustom(session.Request, name);
        }
        else
        {
            session.Services.Cookies.WriteCustom(session.Request, name, value!);
        }
    }

    public string? GetCustom(string name)
    {
        session.Request.ThrowIfEnded();
        var cookies = session.Services.Cookies;
        return session.Request.Read(context => cookies.ReadCustom(context.Request, name));
    }

    public void SetProtected(string name, string? value, bool unset)
    {
        session.Request.ThrowIfEnded();
        if (unset)
        {
            session.Services.Cookies.DeleteCustom(session.Request, name);
        }
        else
        {
            ArgumentNullException.ThrowIfNull(value);
            CookieWriter.ThrowIfIllFormed(value, nameof(value));
            session.Services.Cookies.WriteCustom(session.Request, name, session.Services.Protector(name).Protect(value));
        }

        session.Request.ForbidStoring();
    }

    public string? GetProtected(string name)
    {
        session.MarkUsed();
        if (GetCustom(name) is not { } value)
        {
            return null;
        }

        try
        {
            return session.Services.Protector(name).Unprotect(value);
        }
        catch (CryptographicException)
        {
            SessionLog.ProtectedCookieUnreadable(session.Telemetry.Log, name);
            return null;
        }
    }
}
