using System.Security.Cryptography;

namespace Sact.Session;

public partial class Session<TStore>
{
    /// <inheritdoc/>
    public void SetCookie(bool unset = false)
    {
        Ask();
        _response.ThrowIfStarted();
        if (unset)
        {
            Settings.Cookie.Delete(_response);
            return;
        }

        if (SessionId is not { } id || _record is not { } record)
        {
            throw new InvalidOperationException("No session id was verified or issued in this request, and an id that only the client vouches for is not sent back. Call GetAsync, SetAsync or StartAsync first.");
        }

        // Nothing is sent over a newer id that the client has or may be about to receive: that would put the old one back, and sign the client out when its grace is over.
        var verdict = SessionRecordFactory.Judge(id, record, Settings);
        if (verdict == SecretVerdict.Pending || (verdict == SecretVerdict.Current && record.PendingHash is null))
        {
            Send(id, record);
        }
    }

    /// <inheritdoc/>
    public void SetCustomCookie(string name, string? value, bool unset = false)
    {
        _response.ThrowIfEnded();
        if (unset)
        {
            Settings.Cookie.DeleteCustom(_response, name);
        }
        else
        {
            Settings.Cookie.WriteCustom(_response, name, value!);
        }
    }

    /// <inheritdoc/>
    public string? GetCustomCookie(string name)
    {
        _response.ThrowIfEnded();
        return ReadCustom(name);
    }

    /// <inheritdoc/>
    public void SetProtectedCookie(string name, string? value, bool unset = false)
    {
        _response.ThrowIfEnded();
        if (unset)
        {
            Settings.Cookie.DeleteCustom(_response, name);
        }
        else
        {
            ArgumentNullException.ThrowIfNull(value);
            if (!SessionFieldRule.IsWellFormed(value))
            {
                throw new ArgumentException("A cookie's value is well-formed Unicode; this one has a lone surrogate.", nameof(value));
            }

            Settings.Cookie.WriteCustom(_response, name, Microsoft.AspNetCore.DataProtection.DataProtectionCommonExtensions.Protect(Settings.Protector(name), value));
        }

        _response.ForbidStoring();
    }

    /// <inheritdoc/>
    public string? GetProtectedCookie(string name)
    {
        Ask();
        if (ReadCustom(name) is not { } value)
        {
            return null;
        }

        try
        {
            return Microsoft.AspNetCore.DataProtection.DataProtectionCommonExtensions.Unprotect(Settings.Protector(name), value);
        }
        catch (CryptographicException)
        {
            SessionLog.ProtectedCookieUnreadable(Settings.Telemetry.Log, name);
            return null;
        }
    }

    private string? ReadCustom(string name)
    {
        lock (_response.Context)
        {
            return Settings.Cookie.ReadCustom(Request, name);
        }
    }
}
