namespace Sact.Session.Tests;

/// <summary>Internal members of the library that several tests need.</summary>
internal static class SessionServicesExtensions
{
    extension(SactSessionOptions options)
    {
        public SessionServices Services => SessionServices.Of(options);
    }

    extension(SessionServices services)
    {
        /// <summary>A new id and its record, which is not stored. It is signed in for a user, and anonymous without one.</summary>
        public (string Id, SessionRecord Record) Make(IGenericStore store, string? userId, SessionFields fields)
        {
            var terms = userId is null ? services.Settings.AnonymousTerms : services.Settings.SignInTerms;
            return SessionRecordFactory.Make(store, services.Clock, userId, fields, terms);
        }
    }
}
